#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portrait::http {
namespace {

/// A password to be compared with a user's hash.
struct PasswordAttempt {
    std::shared_ptr<const User> user; ///< its hash is compared
    bool known = true;                ///< false: no user has the name, and `user` is a stand-in
    std::string name;                 ///< as the client sent it
    std::string network;              ///< of the client
};

/// Hashes passwords on threads of its own, within the limits of a `SignInCounter` and of a queue. Attempts
/// with the same credentials at the same time are hashed once. Thread-safe.
class PasswordAttempts {
public:
    using Done = std::function<void(AuthenticationOutcome)>;
    using Key = RememberedCredentials::Key;

    PasswordAttempts(std::size_t threads, std::size_t queue_limit, std::shared_ptr<SignInCounter> counter,
                     RememberedCredentials& remembered);
    PasswordAttempts(const PasswordAttempts&) = delete;
    PasswordAttempts& operator=(const PasswordAttempts&) = delete;
    /// Waits for the counter's completions and for running hashes. Answers `busy` to waiting attempts.
    ~PasswordAttempts();

    /// Compares the password and wipes it. `key` is that of the credentials.
    void check(const Key& key, PasswordAttempt&& attempt, std::string& password, Done done);

    std::uint64_t hashes_computed() const noexcept { return hashes_computed_; }

private:
    struct Entry {
        Entry(PasswordAttempt of, std::string& clear_text)
            : attempt{std::move(of)}
            , password{clear_text} {}

        const PasswordAttempt attempt;
        SecretCopy password;
        bool counted = false; ///< the counter has completed
        std::vector<Done> waiting;
    };
    using Entries = std::map<Key, Entry>;

    void enqueue(const Key& key, const result<SignInLeave>& leave);
    [[nodiscard]] AuthenticationOutcome decide(PasswordHasher& hasher, const Entry& entry, const Key& key);
    void settle(const PasswordAttempt& attempt, const AuthenticationOutcome& outcome) noexcept;
    void work(const std::stop_token& stop);

    const std::size_t queue_limit_;
    const std::shared_ptr<SignInCounter> counter_;
    RememberedCredentials& remembered_;
    std::atomic<std::uint64_t> hashes_computed_{0};

    std::mutex mutex_;
    std::condition_variable_any queued_;
    std::condition_variable counted_;
    std::size_t counting_ = 0; ///< completions of the counter that are due or running
    // Waiting attempts. Names that have signed in from the same network go first, so that a flood of guesses
    // doesn't lock users out.
    std::deque<Key> known_queue_;
    std::deque<Key> queue_;
    Entries entries_; ///< counted, waiting or being hashed
    std::vector<std::jthread> threads_;
};

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

void PasswordAttempts::work(const std::stop_token& stop) {
    configure_thread();
    PasswordHasher hasher;
    std::unique_lock lock{mutex_};
    for (;;) {
        queued_.wait(lock, stop, [this] { return !queue_.empty() || !known_queue_.empty(); });
        if (stop.stop_requested())
            return;
        auto& queue = known_queue_.empty() ? queue_ : known_queue_;
        const auto key = queue.front();
        queue.pop_front();
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

bool can_be_password(std::string_view text) {
    return !text.empty() && text.size() <= max_password_length && !has_control_characters(text);
}

/// The users of a file at one time.
struct Users {
    explicit Users(std::vector<User> users)
        : list{std::move(users)} {
        for (const auto& user : list)
            by_name.emplace(user.principal.name, &user);
    }
    /// Null when there is none.
    const User* find(std::string_view name) const {
        const auto found = by_name.find(name);
        return found == by_name.end() ? nullptr : found->second;
    }

    const std::vector<User> list;
    std::unordered_map<std::string_view, const User*> by_name;
};

} // namespace

struct FileAuthenticator::State {
    State(std::vector<User> list, FileAuthenticatorOptions of)
        : options{std::move(of)}
        , clock{options.clock ? options.clock : system_steady_clock()}
        , remembered{options.remember, options.remembered_credentials, clock}
        , users{std::make_shared<const Users>(std::move(list))}
        , attempts{options.hashing_threads, options.hashing_queue,
                   options.counter ? options.counter
                                   : std::make_shared<MemorySignInCounter>(options.limits, clock),
                   remembered} {}

    /// `mode` is 0 for a missing file.
    [[nodiscard]] result<void> apply(std::string_view text, mode_t mode) {
        if (!options.others_may_read && (mode & mode_t{S_IROTH | S_IWOTH}) != 0)
            return Error{errc::file_invalid,
                         "Every user of this machine can read or change it; remove that by chmod o-rwx, or "
                         "chmod 600 when no group needs it"};
        auto list = parse_users(text, options.further_users);
        if (!list)
            return list.error();
        users.store(std::make_shared<const Users>(*std::move(list)));
        return {};
    }

    /// A user of the file, always the same one for a name: makes an attempt for an unknown name take as long
    /// as others.
    const User& stand_in_for(std::string_view name, const Users& present) const {
        const auto key = remembered.key_of(name, {}, {});
        return present.list[boost::endian::load_big_u64(key.data()) % present.list.size()];
    }

    const FileAuthenticatorOptions options;
    const std::shared_ptr<const SteadyClock> clock;
    RememberedCredentials remembered;
    Snapshot<Users> users;
    PasswordAttempts attempts;
    std::unique_ptr<WatchedFile> file; ///< null: the users are a text in memory
};

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    if (!options.may_be_missing)
        if (const auto text = read_text_file(users_file, users_file_name); !text)
            return text.error();
    auto authenticator = from_text({}, std::move(options));
    if (!authenticator)
        return authenticator;
    auto& state = *(*authenticator)->state_;
    state.file = std::make_unique<WatchedFile>(
        users_file, users_file_name,
        [&state](std::string_view text, mode_t mode) { return state.apply(text, mode); },
        state.options.on_fault, state.clock);
    if (auto read = state.file->read(); !read)
        return read.error();
    state.file->start(state.options.watch);
    return authenticator;
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::from_text(std::string_view users,
                                                                        FileAuthenticatorOptions options) {
    auto parsed = parse_users(users, options.further_users);
    if (!parsed)
        return parsed.error();
    auto state = std::make_unique<State>(*std::move(parsed), std::move(options));
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

FileAuthenticator::FileAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

FileAuthenticator::~FileAuthenticator() = default;

void FileAuthenticator::authenticate(Credentials credentials, std::string_view remote_address,
                                     std::function<void(AuthenticationOutcome)> done) {
    auto* const basic = std::get_if<BasicCredentials>(&credentials);
    if (basic == nullptr)
        return done(AuthenticationFailure{});
    const auto users = state_->users.load();
    // Rejecting text that can't be a password reveals nothing about the users.
    if (users->list.empty() || !can_be_password(basic->password)) {
        wipe(basic->password);
        return done(AuthenticationFailure{});
    }
    const auto* found = users->find(basic->user);
    const auto& user = found != nullptr ? *found : state_->stand_in_for(basic->user, *users);
    const auto key = state_->remembered.key_of(basic->user, basic->password, user.password_hash);
    if (found != nullptr && state_->remembered.contains(key)) {
        wipe(basic->password);
        return done(user.principal);
    }
    state_->attempts.check(key,
                           {.user = {users, &user},
                            .known = found != nullptr,
                            .name = std::move(basic->user),
                            .network = client_network(remote_address)},
                           basic->password, std::move(done));
}

void FileAuthenticator::revalidate(const Principal& principal,
                                   std::function<void(AuthenticationOutcome)> done) {
    const auto users = state_->users.load();
    const auto* user = users->find(principal.name);
    if (user == nullptr || user->principal.credential != principal.credential)
        return done(AuthenticationFailure{});
    done(user->principal);
}

void FileAuthenticator::refresh() {
    if (state_->file != nullptr)
        state_->file->refresh();
}

std::size_t FileAuthenticator::user_count() const {
    return state_->users.load()->list.size();
}

std::uint64_t FileAuthenticator::hashes_computed() const noexcept {
    return state_->attempts.hashes_computed();
}

} // namespace portrait::http
