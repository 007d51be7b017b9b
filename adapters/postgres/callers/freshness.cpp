#include "callers/freshness.hpp"

#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::size_t most_waiting = 4096;

} // namespace

std::optional<std::int64_t> Freshness::number() const {
    const std::scoped_lock lock{mutex_};
    return Deadline::clock::now() < until_ ? std::optional{number_} : std::nullopt;
}

void Freshness::when_fresh(Done done) {
    result<void> outcome;
    {
        const std::scoped_lock lock{mutex_};
        if (Deadline::clock::now() >= until_) {
            if (fault_) {
                outcome = *fault_;
            } else if (waiting_.size() < most_waiting) {
                waiting_.push_back(std::move(done));
                wake_up_.notify_all();
                return;
            } else {
                outcome = Error{errc::service_busy}.with_cause("too many callers wait for the database");
            }
        }
    }
    done(std::move(outcome));
}

bool Freshness::wait_until(Deadline due) {
    std::unique_lock lock{mutex_};
    wake_up_.wait_until(lock, due, [this] { return closed_ || !waiting_.empty(); });
    return !closed_;
}

void Freshness::set(Deadline begun, std::int64_t number) {
    std::vector<Done> waiting;
    {
        const std::scoped_lock lock{mutex_};
        if (closed_)
            return;
        number_ = number;
        until_ = begun + duration;
        fault_.reset();
        waiting.swap(waiting_);
    }
    for (const auto& done : waiting)
        done({});
}

void Freshness::fail(const Error& error) {
    std::vector<Done> waiting;
    {
        const std::scoped_lock lock{mutex_};
        fault_ = error;
        waiting.swap(waiting_);
    }
    for (const auto& done : waiting)
        done(error);
}

void Freshness::close() {
    {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
        until_ = Deadline::min();
    }
    wake_up_.notify_all();
    fail(Error{errc::store_unreachable}.with_cause("the store is closed"));
}

} // namespace portrait::postgres
