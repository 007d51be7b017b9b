#include "watched_file.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <stop_token>

namespace portrait::http {

result<void> WatchedFile::read() {
    const std::lock_guard one_at_a_time{updating_};
    return update(When::always);
}

void WatchedFile::start(std::chrono::milliseconds interval) {
    if (interval.count() <= 0)
        return;
    watcher_ = std::jthread{[this, interval](const std::stop_token& stop) {
        std::unique_lock lock{sleeping_};
        while (!stop.stop_requested()) {
            awake_.wait_for(lock, stop, interval, [] { return false; });
            if (stop.stop_requested())
                return;
            try {
                check();
                // NOLINTNEXTLINE(bugprone-empty-catch): no memory to report it; the next check is soon
            } catch (const std::bad_alloc&) {
            }
        }
    }};
}

void WatchedFile::update_and_report(When when) {
    result<void> done;
    {
        const std::lock_guard one_at_a_time{updating_};
        done = update(when);
        if (done) {
            report_.reset();
            return;
        }
        auto text = fmt::format("{} ({})", done.error().message(), done.error().cause());
        const auto now = clock_->now();
        if (report_ && report_->text == text && now - report_->at < fault_period)
            return;
        report_ = Report{std::move(text), now};
    }
    // Without the lock: it may call `refresh`.
    if (on_fault_)
        on_fault_(done.error());
}

result<void> WatchedFile::update(When when) {
    result<void> done;
    try {
        done = update_or_throw(when);
    } catch (const std::exception& exception) {
        done = Error{errc::internal, fmt::format("The {} can't be read", name_)}.with_cause(exception.what());
    }
    // After a fault the next check reads the file even when its stamp is unchanged.
    if (!done && applied_)
        applied_->settled = false;
    return done;
}

result<void> WatchedFile::update_or_throw(When when) {
    using Fault = FileOutcome::Fault;
    const auto now = clock_->now(); // a time before the file is read
    auto outcome = stat_file(path_.c_str());
    if (outcome.fault == Fault::no_stamp)
        return error_of(outcome, path_, name_);
    if (when == When::changed && applied_ && applied_->settled && applied_->stamp == outcome.stamp)
        return {};
    std::string text;
    if (outcome.fault != Fault::absent) {
        text.resize(max_account_file_bytes + 1);
        run_with_own_descriptors([&] {
            int attempts = 3; // while the file changes
            do
                outcome = read_file(path_.c_str(), text);
            while (outcome.fault == Fault::torn && --attempts > 0);
        });
    }
    if (outcome.fault != Fault::none && outcome.fault != Fault::absent)
        return error_of(outcome, path_, name_);
    text.resize(outcome.size);
    const auto digest = sha256(text);
    const bool same_stamp = applied_ && applied_->stamp == outcome.stamp;
    if (when == When::always || !same_stamp || applied_->digest != digest)
        if (auto done = apply_(text, outcome.stamp); !done)
            return done;
    const auto since = same_stamp ? applied_->since : now;
    applied_ = Applied{outcome.stamp, digest, since, outcome.stamp.mode == 0 || now - since >= settling_time};
    return {};
}

} // namespace portrait::http
