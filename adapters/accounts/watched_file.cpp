#include "watched_file.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

using Fault = FileLook::Fault;

constexpr int max_attempts = 3; // while the file changes

} // namespace

WatchedFile::WatchedFile(Source source, Apply apply, OnFault on_fault,
                         std::shared_ptr<const SteadyClock> clock)
    : source_{std::move(source)}
    , apply_{std::move(apply)}
    , on_fault_{std::move(on_fault)}
    , clock_{std::move(clock)} {}

result<void> WatchedFile::read() {
    const std::lock_guard one_at_a_time{updating_};
    return update(When::always);
}

void WatchedFile::start(std::chrono::milliseconds interval) {
    if (interval.count() > 0)
        watcher_ = std::jthread{[this, interval](const std::stop_token& stop) { watch(stop, interval); }};
}

void WatchedFile::watch(const std::stop_token& stop, std::chrono::milliseconds interval) {
    std::unique_lock lock{sleeping_};
    while (!stop.stop_requested()) {
        awake_.wait_for(lock, stop, interval, [] { return false; });
        if (!stop.stop_requested())
            look();
    }
}

void WatchedFile::update_and_report(When when) {
    result<void> done;
    {
        const std::lock_guard one_at_a_time{updating_};
        done = update(when);
        if (!is_due(done))
            return;
    }
    // Without the lock: it may call `refresh`.
    if (on_fault_)
        on_fault_(done.error());
}

/// Whether there is a fault to be reported now.
bool WatchedFile::is_due(const result<void>& done) {
    if (done) {
        report_.reset();
        return false;
    }
    auto text = fmt::format("{} ({})", done.error().message(), done.error().cause());
    const auto now = clock_->now();
    if (report_ && report_->text == text && now - report_->at < fault_period)
        return false;
    report_ = Report{std::move(text), now};
    return true;
}

result<void> WatchedFile::update(When when) {
    result<void> done;
    try {
        done = update_or_throw(when);
    } catch (const std::exception& exception) {
        done = Error{errc::internal, fmt::format("The {} can't be read", source_.name)}.with_cause(
            exception.what());
    }
    // After a fault the next look reads the file even when its stamp is unchanged.
    if (!done && applied_)
        applied_->settled = false;
    return done;
}

result<void> WatchedFile::update_or_throw(When when) {
    const auto now = clock_->now();
    const auto* const path = source_.path.c_str();
    auto look = look_at_file(path);
    if (look.fault == Fault::no_stamp)
        return error_of(look, source_.path, source_.name);
    if (when == When::changed && applied_ && applied_->settled && applied_->stamp == look.stamp)
        return {};
    if (look.fault == Fault::absent)
        return apply_absence();

    std::string text(source_.most + 1, '\0');
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        look = reader_.read(path, text);
        if (look.fault != Fault::torn)
            break;
    }
    if (look.fault == Fault::absent)
        return apply_absence();
    if (look.fault != Fault::none)
        return error_of(look, source_.path, source_.name);
    return apply_text(look, std::string_view{text}.substr(0, look.size), when, now);
}

result<void> WatchedFile::apply_absence() {
    if (auto done = apply_(nullptr); !done)
        return done;
    applied_ = Applied{.stamp = {}, .digest = {}, .since = {}, .settled = true};
    return {};
}

/// `now` is a time before the file was read.
result<void> WatchedFile::apply_text(const FileLook& look, std::string_view text, When when,
                                     SteadyTimestamp now) {
    const auto digest = sha256(text);
    const bool same_stamp = applied_ && applied_->stamp == look.stamp;
    if (when == When::always || !same_stamp || applied_->digest != digest) {
        const WatchedText file{text, look.stamp.mode};
        if (auto done = apply_(&file); !done)
            return done;
    }
    const auto since = same_stamp ? applied_->since : now;
    applied_ = Applied{look.stamp, digest, since, now - since >= settling_time};
    return {};
}

} // namespace portrait::http
