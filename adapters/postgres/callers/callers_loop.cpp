#include "callers/callers_loop.hpp"

#include <portrait/try.hpp>

#include <utility>

namespace portrait::postgres {
namespace {

// Three of four questions may fail before an answer is too old.
constexpr std::chrono::milliseconds question_interval{250};
/// Of a question: a later answer would be too old.
constexpr std::chrono::milliseconds question_limit = Freshness::duration;
constexpr std::chrono::milliseconds reconnecting_limit{2000};
constexpr std::chrono::milliseconds texts_limit{5000};
constexpr std::chrono::milliseconds other_limit{500};
constexpr unsigned ticks_between_reads_of_known = 4;
constexpr unsigned ticks_between_sweeps = 60;

/// Nothing that this connection writes is a promise.
constexpr const char* own_settings = "SET synchronous_commit = off";

} // namespace

CallersLoop::CallersLoop(Connector& connector, std::shared_ptr<Freshness> freshness, ReadTexts texts)
    : connector_{connector}
    , freshness_{std::move(freshness)}
    , texts_{std::move(texts)}
    , epoch_{connector_.epoch()}
    , thread_{[this] { run(); }} {}

CallersLoop::~CallersLoop() {
    freshness_->close();
    thread_.join();
}

void CallersLoop::follow(std::function<void(const CallerTexts& texts)> apply) {
    const std::scoped_lock lock{mutex_};
    apply(texts_.texts);
    followers_.push_back(std::move(apply));
}

void CallersLoop::add(std::shared_ptr<SessionCache> cache) {
    const std::scoped_lock lock{mutex_};
    caches_.push_back(std::move(cache));
}

void CallersLoop::add(std::unique_ptr<SignInExchange> exchange) {
    const std::scoped_lock lock{mutex_};
    exchanges_.push_back(std::move(exchange));
}

void CallersLoop::run() {
    auto due = Deadline::clock::now();
    while (freshness_->wait_until(due)) {
        due = Deadline::clock::now() + question_interval;
        tick();
    }
    // What was counted since the last exchange.
    if (connection_ && connection_->is_alive())
        pass_on();
}

void CallersLoop::tick() {
    Error error{errc::store_unreachable};
    // A connection may have been ended since the last question.
    for (int attempts = 0; attempts < 2; ++attempts) {
        if (const auto connected = connect(Deadline::clock::now() + reconnecting_limit); !connected)
            return freshness_->fail(connected.error());
        const auto begun = Deadline::clock::now();
        const auto asked = ask();
        if (asked)
            return pass_on();
        error = error_of(asked.error());
        connection_.reset();
        if (Deadline::clock::now() - begun > question_interval)
            break;
    }
    freshness_->fail(error);
}

result<void> CallersLoop::connect(Deadline deadline) {
    // The other end of a connection from before a promotion isn't the primary any more.
    if (connection_ && connection_->is_alive() && connection_->epoch == connector_.epoch())
        return {};
    connection_.reset();
    PORTRAIT_TRY_GET(opened, connector_.open(deadline));
    if (const auto set = opened->run_text(own_settings, deadline); !set)
        return error_of(set.error());
    connection_ = std::move(opened);
    return {};
}

attempt<void> CallersLoop::ask() {
    for (;;) {
        const auto begun = Deadline::clock::now();
        PORTRAIT_TRY_GET(change, read_change(*connection_, begun + question_limit));
        const bool is_other_epoch = epoch_ != connection_->epoch; // its numbers may have been used before
        if (!is_other_epoch && change.texts == texts_.change.texts) {
            freshness_->set(begun, change.number);
            return {};
        }
        // Long texts may take longer than an answer holds, so the question is repeated after them.
        PORTRAIT_TRY_GET(texts, read_texts(*connection_, Deadline::clock::now() + texts_limit));
        apply(std::move(texts), is_other_epoch);
    }
}

void CallersLoop::apply(ReadTexts texts, bool is_other_epoch) {
    const std::scoped_lock lock{mutex_};
    texts_ = std::move(texts);
    for (const auto& follow : followers_)
        follow(texts_.texts);
    if (is_other_epoch)
        for (const auto& cache : caches_)
            cache->clear();
    epoch_ = connection_->epoch;
}

void CallersLoop::pass_on() {
    std::vector<std::shared_ptr<SessionCache>> caches;
    std::vector<std::shared_ptr<SignInExchange>> exchanges;
    {
        const std::scoped_lock lock{mutex_};
        caches = caches_;
        exchanges = exchanges_;
    }
    const auto deadline = [] { return Deadline::clock::now() + other_limit; };
    const bool reads_known = ticks_ % ticks_between_reads_of_known == 0;
    const bool sweeps = ticks_ % ticks_between_sweeps == ticks_between_sweeps / 2;
    ++ticks_;
    // After a lost connection the rest fails at once, and is repeated by the next tick.
    for (const auto& exchange : exchanges) {
        (void)exchange->exchange_counts(*connection_, deadline());
        if (reads_known)
            (void)exchange->read_known(*connection_, deadline());
        if (sweeps)
            (void)exchange->sweep(*connection_, deadline());
    }
    for (const auto& cache : caches) {
        (void)write_uses(*connection_, *cache, deadline());
        if (sweeps)
            (void)sweep_sessions(*connection_, cache->options(), deadline());
    }
}

} // namespace portrait::postgres
