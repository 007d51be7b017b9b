#include "password_attempts.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace portrait::http {
namespace {

AuthenticationFailure busy(std::chrono::seconds retry_after) {
    return {AuthenticationFailure::Kind::busy, retry_after, {}};
}

/// Without memory it has no cause.
AuthenticationFailure broken(std::string_view cause) noexcept {
    AuthenticationFailure failure{AuthenticationFailure::Kind::broken, std::chrono::seconds{1}, {}};
    try {
        failure.cause = cause;
        // NOLINTNEXTLINE(bugprone-empty-catch): as above
    } catch (const std::bad_alloc&) {
    }
    return failure;
}

/// The outcome that `make` returns, or one of its exception, which would end the thread or be lost in the
/// counter, and the clients would get no answer.
template<class Make>
AuthenticationOutcome contained(const Make& make) noexcept {
    try {
        return make();
    } catch (const std::bad_alloc&) {
        return busy(std::chrono::seconds{1});
    } catch (const std::exception& exception) {
        return broken(exception.what());
    }
}

/// Names the thread and lowers its priority, since signed-in users' requests go first.
void configure_thread() noexcept {
    constexpr int nicer = 10;
    const auto thread = static_cast<id_t>(::gettid());
    (void)::pthread_setname_np(::pthread_self(), "hashing");
    (void)::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + nicer);
}

SignInAttempt counted(const PasswordAttempt& attempt) {
    return {.network = attempt.network, .name = attempt.name, .known_browser = attempt.known_browser};
}

/// One network, and one name, may take an eighth of a queue; of a short one all.
QueueLimits limits_of_queue(std::size_t all) noexcept {
    constexpr std::size_t least_share = 16;
    return {.all = all, .of_one = std::max(all / 8, least_share)};
}

} // namespace

PasswordAttempts::PasswordAttempts(std::size_t threads, std::size_t queue_limit,
                                   std::shared_ptr<SignInCounter> counter, RememberedCredentials& remembered)
    : counter_{std::move(counter)}
    , remembered_{remembered}
    , known_queue_{limits_of_queue(queue_limit)}
    , queue_{limits_of_queue(queue_limit)} {
    for (std::size_t count = std::max<std::size_t>(threads, 1); count > 0; --count)
        threads_.emplace_back([this, hasher = std::make_unique<PasswordHasher>()](
                                  const std::stop_token& stop) { work(*hasher, stop); });
}

PasswordAttempts::~PasswordAttempts() {
    {
        std::unique_lock lock{mutex_};
        counted_.wait(lock, [this] { return counting_ == 0; });
    }
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
    for (const auto& [key, entry] : entries_)
        complete(entry, busy(std::chrono::seconds{1}));
}

void PasswordAttempts::complete(const Entry& entry, const AuthenticationOutcome& outcome) noexcept {
    for (const auto& client : entry.clients) {
        auto own = contained([&] { return outcome; });
        try {
            client.done(std::move(own));
            // NOLINTNEXTLINE(bugprone-empty-catch): the other clients must be answered all the same
        } catch (...) {
        }
    }
}

bool PasswordAttempts::Entry::has_no_client() const noexcept {
    return std::all_of(clients.begin(), clients.end(),
                       [](const Client& client) { return client.stop.stop_requested(); });
}

void PasswordAttempts::check(const Key& key, PasswordAttempt&& attempt, std::string& password,
                             std::stop_token stop, Done done) {
    std::unique_lock lock{mutex_};
    if (const auto same = entries_.find(key); same != entries_.end()) {
        wipe(password);
        same->second.clients.push_back({std::move(done), std::move(stop)});
        return;
    }
    if (attempt.known && remembered_.contains(key)) { // verified by another thread
        lock.unlock();
        wipe(password);
        return done(attempt.user->principal);
    }
    Entries added; // others would wait for an entry without a client
    const auto place = added.try_emplace(key, std::move(attempt), password).first;
    place->second.clients.push_back({std::move(done), std::move(stop)});
    entries_.merge(added);
    ++counting_;
    lock.unlock();
    wipe(password);
    ask_counter(key, place->second.attempt); // nothing erases the entry before `enqueue`
}

void PasswordAttempts::ask_counter(const Key& key, const PasswordAttempt& attempt) {
    const bool known_browser = attempt.known_browser;
    try {
        counter_->begin(counted(attempt), [this, key, known_browser](const result<SignInLeave>& leave) {
            enqueue(key, known_browser, leave);
        });
    } catch (const std::exception& exception) {
        enqueue(key, known_browser, Error{errc::internal}.with_cause(exception.what()));
    }
}

/// Queues an attempt, or refuses it: too many have failed before, or too many wait.
void PasswordAttempts::enqueue(const Key& key, bool known_browser, const result<SignInLeave>& leave) {
    std::unique_lock lock{mutex_};
    const auto place = entries_.find(key);
    // A counter may complete twice.
    if (place == entries_.end() || place->second.counted ||
        place->second.attempt.known_browser != known_browser)
        return;
    if (known_browser && leave && leave->wait) {
        // Somebody guesses with a cookie of this user: the user waits as if there were no cookie.
        place->second.attempt.known_browser = false;
        lock.unlock();
        return ask_counter(key, place->second.attempt);
    }
    place->second.counted = true;
    Removed removed;
    Removed refused;
    if (!leave || leave->wait)
        refused.insert(entries_.extract(place));
    else if (push(place, leave->known, removed))
        queued_.notify_one();
    else
        removed.insert(entries_.extract(place));
    lock.unlock();
    for (const auto& [of, entry] : refused)
        complete(entry, contained([&]() -> AuthenticationOutcome {
                     if (leave)
                         return busy(*leave->wait);
                     return broken(leave.error().message() + ": " + leave.error().cause());
                 }));
    for (const auto& [of, entry] : removed) {
        const auto failure = busy(std::chrono::seconds{1});
        settle(entry.attempt, failure);
        complete(entry, failure);
    }
    lock.lock();
    if (--counting_ == 0)
        counted_.notify_all();
}

/// False when there is no room. `removed` gets the attempts that made room.
bool PasswordAttempts::push(Entries::iterator entry, bool is_known, Removed& removed) noexcept try {
    auto& queue = is_known ? known_queue_ : queue_;
    const auto& attempt = entry->second.attempt;
    // Known names are proven users, whose networks don't tell them apart; new ones can be invented.
    auto place = is_known ? QueuePlace{.owner = attempt.name, .also = attempt.network}
                          : QueuePlace{.owner = attempt.network, .also = attempt.name};
    if (queue.full())
        queue.remove_if([](Entries::iterator waiting) { return waiting->second.has_no_client(); },
                        [&](Entries::iterator gone) { removed.insert(entries_.extract(gone)); });
    const auto pushed = queue.push(entry, std::move(place));
    if (pushed.displaced)
        removed.insert(entries_.extract(*pushed.displaced));
    return pushed.added;
} catch (const std::bad_alloc&) {
    return false;
}

/// Removes the next attempt from its queue; at least one queue has one.
PasswordAttempts::Entries::iterator PasswordAttempts::pop() {
    auto& first = known_is_next_ ? known_queue_ : queue_;
    auto& second = known_is_next_ ? queue_ : known_queue_;
    known_is_next_ = !known_is_next_;
    return first.empty() ? second.pop() : first.pop();
}

AuthenticationOutcome PasswordAttempts::decide(PasswordHasher& hasher, const Entry& entry,
                                               const Key& key) noexcept {
    ++hashes_computed_;
    return contained([&]() -> AuthenticationOutcome {
        const auto verified = hasher.verify(entry.password.text(), entry.attempt.user->password_hash);
        if (!verified)
            return broken(verified.error().cause());
        if (!*verified || !entry.attempt.known)
            return AuthenticationFailure{};
        remembered_.remember(key);
        return entry.attempt.user->principal;
    });
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

void PasswordAttempts::work(PasswordHasher& hasher, const std::stop_token& stop) {
    configure_thread();
    std::unique_lock lock{mutex_};
    for (;;) {
        queued_.wait(lock, stop, [this] { return !queue_.empty() || !known_queue_.empty(); });
        if (stop.stop_requested())
            return;
        const auto place = pop(); // nothing else erases this entry now
        AuthenticationOutcome outcome{busy(std::chrono::seconds{1})};
        if (!place->second.has_no_client()) {
            lock.unlock();
            outcome = decide(hasher, place->second, place->first);
            lock.lock();
        }
        const auto finished = entries_.extract(place);
        lock.unlock();
        settle(finished.mapped().attempt, outcome);
        complete(finished.mapped(), outcome);
        lock.lock();
    }
}

} // namespace portrait::http
