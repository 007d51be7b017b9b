#include "password_attempts.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace portrait::http {

namespace {

AuthenticationFailure busy(std::chrono::seconds retry_after) {
    return {AuthenticationFailure::Kind::busy, retry_after, {}};
}

AuthenticationFailure broken(std::string cause) {
    return {AuthenticationFailure::Kind::broken, std::chrono::seconds{1}, std::move(cause)};
}

/// Names the thread and lowers its priority, since signed-in users' requests go first.
void configure_thread() noexcept {
    constexpr int nicer = 10;
    const auto thread = static_cast<id_t>(::gettid());
    (void)::pthread_setname_np(::pthread_self(), "hashing");
    (void)::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + nicer);
}

SignInAttempt counted(const PasswordAttempt& attempt) {
    return {.network = attempt.network, .name = attempt.name};
}

} // namespace

PasswordAttempts::PasswordAttempts(std::size_t threads, std::size_t queue_limit,
                                   std::shared_ptr<SignInCounter> counter, RememberedCredentials& remembered)
    : queue_limit_{queue_limit}
    , counter_{std::move(counter)}
    , remembered_{remembered} {
    for (std::size_t count = std::max<std::size_t>(threads, 1); count > 0; --count)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

PasswordAttempts::~PasswordAttempts() {
    {
        std::unique_lock lock{mutex_};
        counted_.wait(lock, [this] { return counting_ == 0; });
    }
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
    for (auto& [key, entry] : entries_)
        for (const auto& done : entry.waiting)
            done(busy(std::chrono::seconds{1}));
}

void PasswordAttempts::check(const Key& key, PasswordAttempt&& attempt, std::string& password, Done done) {
    std::unique_lock lock{mutex_};
    if (const auto same = entries_.find(key); same != entries_.end()) {
        wipe(password);
        same->second.waiting.push_back(std::move(done));
        return;
    }
    if (attempt.known && remembered_.contains(key)) { // verified by another thread
        lock.unlock();
        wipe(password);
        return done(attempt.user->principal);
    }
    const auto place = entries_.try_emplace(key, std::move(attempt), password).first;
    place->second.waiting.push_back(std::move(done));
    ++counting_;
    lock.unlock();
    wipe(password);
    // Nothing erases the entry before `enqueue`, and a map moves no elements.
    try {
        counter_->begin(counted(place->second.attempt),
                        [this, key](const result<SignInLeave>& leave) { enqueue(key, leave); });
    } catch (const std::exception& exception) {
        enqueue(key, Error{errc::internal}.with_cause(exception.what()));
    }
}

/// Queues an attempt, or refuses it: too many have failed before, or too many wait.
void PasswordAttempts::enqueue(const Key& key, const result<SignInLeave>& leave) {
    std::unique_lock lock{mutex_};
    const auto place = entries_.find(key);
    if (place == entries_.end() || place->second.counted)
        return;
    place->second.counted = true;
    if (leave && !leave->wait) {
        auto& queue = leave->known ? known_queue_ : queue_;
        if (queue.size() < queue_limit_) {
            queue.push_back(key);
            queued_.notify_one();
            if (--counting_ == 0)
                counted_.notify_all();
            return;
        }
    }
    const auto refused = entries_.extract(place);
    lock.unlock();
    const auto failure = leave ? busy(leave->wait.value_or(std::chrono::seconds{1}))
                               : broken(leave.error().message() + ": " + leave.error().cause());
    if (leave && !leave->wait)
        settle(refused.mapped().attempt, failure);
    for (const auto& done : refused.mapped().waiting)
        done(failure);
    lock.lock();
    if (--counting_ == 0)
        counted_.notify_all();
}

AuthenticationOutcome PasswordAttempts::decide(PasswordHasher& hasher, const Entry& entry, const Key& key) {
    ++hashes_computed_;
    try {
        const auto verified = hasher.verify(entry.password.text(), entry.attempt.user->password_hash);
        if (!verified)
            return broken(verified.error().cause());
        if (!*verified || !entry.attempt.known)
            return AuthenticationFailure{};
        remembered_.remember(key);
        return entry.attempt.user->principal;
    } catch (const std::exception& exception) {
        return broken(exception.what());
    }
}

/// Corrects the count, where the attempt is a failure so far.
void PasswordAttempts::settle(const PasswordAttempt& attempt, const AuthenticationOutcome& outcome) noexcept {
    try {
        if (outcome)
            counter_->succeeded(counted(attempt));
        else if (outcome.error().kind != AuthenticationFailure::Kind::rejected)
            counter_->withdraw(counted(attempt));
        // NOLINTNEXTLINE(bugprone-empty-catch): the attempt stays a failure, and time forgives it
    } catch (...) {
    }
}

PasswordAttempts::Key PasswordAttempts::take_from_queue() {
    auto& queue = known_queue_.empty() ? queue_ : known_queue_;
    const auto key = queue.front();
    queue.pop_front();
    return key;
}

void PasswordAttempts::work(const std::stop_token& stop) {
    configure_thread();
    PasswordHasher hasher;
    std::unique_lock lock{mutex_};
    for (;;) {
        queued_.wait(lock, stop, [this] { return !queue_.empty() || !known_queue_.empty(); });
        if (stop.stop_requested())
            return;
        const auto key = take_from_queue();
        // Nothing else takes or erases this entry, and a map moves no elements.
        const auto place = entries_.find(key);
        lock.unlock();
        const auto outcome = decide(hasher, place->second, key);
        lock.lock();
        const auto finished = entries_.extract(place);
        lock.unlock();
        settle(finished.mapped().attempt, outcome);
        for (const auto& done : finished.mapped().waiting)
            done(outcome);
        lock.lock();
    }
}

} // namespace portrait::http
