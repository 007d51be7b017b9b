#include "reactor.hpp"

#include "http_date.hpp"
#include "session.hpp"

#include <algorithm>

namespace portrait::http {
namespace {

// Short enough that the shortest timeout is kept to a quarter of itself.
std::chrono::milliseconds period_for(const ServerOptions& options) {
    const std::chrono::milliseconds shortest =
        std::min({options.header_timeout, options.body_timeout, options.idle_timeout, options.handler_timeout,
                  options.write_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

} // namespace

Reactor::Reactor(const ServerOptions& options)
    : context{1}
    , timer_{context}
    , period_{period_for(options)} {}

void Reactor::add(Session& session) {
    sessions_.insert(&session);
    if (!ticking_) {
        ticking_ = true;
        tick();
    }
}

void Reactor::tick() {
    timer_.expires_after(period_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || sessions_.empty()) {
            ticking_ = false;
            return;
        }
        const SteadyTime now = std::chrono::steady_clock::now();
        for (Session* const session : sessions_) {
            session->expire_if_due(now);
        }
        tick();
    });
}

void Reactor::drain_sessions() {
    for (Session* const session : sessions_) {
        session->begin_drain();
    }
}

void Reactor::cut_sessions() {
    for (Session* const session : sessions_) {
        session->cut();
    }
}

std::string_view Reactor::date() {
    const std::time_t second = std::time(nullptr);
    if (second != date_second_) {
        date_ = format_http_date(Timestamp{std::chrono::seconds{second}});
        date_second_ = second;
    }
    return date_;
}

} // namespace portrait::http
