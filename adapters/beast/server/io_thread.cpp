#include "server/io_thread.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace portrait::http {
namespace {

// Short enough to exceed the shortest timeout by at most a quarter.
std::chrono::milliseconds period_for(const ServerOptions& options) {
    const std::chrono::milliseconds shortest =
        std::min({options.header_timeout, options.body_timeout, options.idle_timeout, options.handler_timeout,
                  options.write_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

constexpr unsigned max_timeouts_per_tick = 16;
constexpr std::chrono::milliseconds pause_between_ticks{1};

} // namespace

IoThread::IoThread(const ServerOptions& options)
    : context{1}
    , timer_{context}
    , period_{period_for(options)} {}

IoThread::~IoThread() = default;

void IoThread::add(ServedConnection& connection) {
    connections_.insert(&connection);
    try {
        start_ticking();
    } catch (...) { // no memory for the timer
        connections_.erase(&connection);
        throw;
    }
}

void IoThread::start_ticking() {
    if (!ticking_ && !connections_.empty())
        tick();
}

void IoThread::idle(ServedConnection& connection) {
    connection.idle_since = std::chrono::steady_clock::now();
    idle_connections_.push_back(connection);
    idle_count_.fetch_add(1, std::memory_order_relaxed);
    if (&idle_connections_.front() == static_cast<IdleHook*>(&connection))
        publish_oldest();
}

void IoThread::busy(ServedConnection& connection) {
    IdleHook& hook = connection;
    if (!hook.is_linked())
        return;
    const bool was_oldest = &idle_connections_.front() == &hook;
    hook.unlink();
    idle_count_.fetch_sub(1, std::memory_order_relaxed);
    if (was_oldest)
        publish_oldest();
}

void IoThread::publish_oldest() noexcept {
    oldest_idle_.store(
        idle_connections_.empty()
            ? never
            : static_cast<ServedConnection&>(idle_connections_.front()).idle_since.time_since_epoch().count(),
        std::memory_order_relaxed);
}

std::int64_t IoThread::oldest_idle() const noexcept {
    return idle_count_.load(std::memory_order_relaxed) > 0 ? oldest_idle_.load(std::memory_order_relaxed)
                                                           : never;
}

bool IoThread::close_oldest_idle() {
    if (idle_count_.fetch_sub(1, std::memory_order_relaxed) <= 0) {
        idle_count_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    net::post(context, [this] {
        idle_count_.fetch_add(1, std::memory_order_relaxed);
        if (!idle_connections_.empty()) {
            auto& connection = static_cast<ServedConnection&>(idle_connections_.front());
            busy(connection);
            connection.cut();
        }
    });
    return true;
}

void IoThread::tick() {
    timer_.expires_after(more_have_expired_ ? pause_between_ticks : period_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        ticking_ = false; // also after an exception below
        if (error || connections_.empty())
            return;
        check_connections();
        tick();
    });
    ticking_ = true;
}

// Thousands of connections that were opened together expire together. They are answered in portions, so that
// other requests don't wait for all of them.
void IoThread::check_connections() {
    const SteadyTime now = std::chrono::steady_clock::now();
    unsigned expired = 0;
    more_have_expired_ = false;
    for (ServedConnection* const connection : connections_) {
        if (connection->check(now) && ++expired == max_timeouts_per_tick) {
            more_have_expired_ = true;
            return;
        }
    }
}

void IoThread::drain_connections() {
    for (ServedConnection* const connection : connections_)
        connection->begin_drain();
}

void IoThread::cut_connections() {
    for (ServedConnection* const connection : connections_)
        connection->cut();
}

std::string_view IoThread::date() {
    const std::time_t second = std::time(nullptr);
    if (second != date_second_) {
        date_ = format_http_date(Timestamp{std::chrono::seconds{second}});
        date_second_ = second;
    }
    return date_;
}

} // namespace portrait::http
