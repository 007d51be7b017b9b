#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "secret_copy.hpp"
#include "sign_in_attempts.hpp"
#include "users_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/utf8.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace portrait::http {

namespace {

using Done = std::function<void(AuthenticationOutcome)>;

AuthenticationFailure rejected() {
    return {};
}

AuthenticationFailure busy(std::chrono::seconds retry_after = std::chrono::seconds{1}) {
    return {AuthenticationFailure::Kind::busy, retry_after, {}};
}

AuthenticationFailure broken(std::string cause) {
    return {AuthenticationFailure::Kind::broken, std::chrono::seconds{1}, std::move(cause)};
}

[[nodiscard]] result<std::vector<User>> users_of(const WatchedText* file,
                                                 const FileAuthenticatorOptions& options) {
    if (file == nullptr)
        return parse_users({}, options.further_users);
    if (!options.others_may_read)
        if (auto checked = check_users_file_mode(file->mode); !checked)
            return checked.error();
    return parse_users(file->text, options.further_users);
}

/// Whoever is signed in goes first: a hashing thread takes what the others leave of the machine. Monitors
/// show it by its name.
void step_back() noexcept {
    constexpr int nicer = 10;
    const auto thread = static_cast<id_t>(::gettid());
    (void)::pthread_setname_np(::pthread_self(), "hashing");
    (void)::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + nicer);
}

bool can_be_a_password(std::string_view text) {
    return !text.empty() && text.size() <= max_password_length && !has_control_characters(text);
}

} // namespace

class FileAuthenticator::State {
public:
    State(std::vector<User> users, FileAuthenticatorOptions options);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] result<void> follow(const std::filesystem::path& file);
    void authenticate(BasicCredentials credentials, std::string_view remote_address, Done done);
    std::optional<Principal> recognised_still(const Principal& principal) const;
    void refresh();
    std::size_t user_count() const { return users()->list.size(); }
    std::uint64_t hashes_computed() const noexcept { return hashes_computed_; }

private:
    using Key = RememberedCredentials::Key;

    /// What the file said at one time.
    struct Users {
        explicit Users(std::vector<User> users);
        const User* find(std::string_view name) const;

        const std::vector<User> list;
        std::unordered_map<std::string_view, const User*> by_name;
    };

    /// A password to be hashed, and everybody who waits for what comes of it.
    struct Attempt {
        Attempt(std::shared_ptr<const Users> of, const User& attempted_user, bool is_known,
                std::string& attempted_password, const AttemptKeys& attempt_keys)
            : users{std::move(of)}
            , user{attempted_user}
            , known{is_known}
            , password{attempted_password}
            , keys{attempt_keys} {}

        const std::shared_ptr<const Users> users; ///< keeps `user`
        const User& user;                         ///< with whose hash the password is compared
        bool known; ///< false: that is somebody else, and only the time it takes counts
        SecretCopy password;
        AttemptKeys keys;
        std::vector<Done> waiting;
    };

    std::shared_ptr<const Users> users() const {
        const std::lock_guard lock{users_mutex_};
        return users_;
    }
    [[nodiscard]] result<void> apply(const WatchedText* file);
    const User& stand_in_for(std::string_view name, const Users& users) const;
    AttemptKeys keys_of(std::string_view name, std::string_view remote_address) const;
    std::optional<AuthenticationFailure> refusal(const AttemptKeys& keys);
    [[nodiscard]] AuthenticationOutcome decide(PasswordHasher& hasher, const Attempt& attempt,
                                               const Key& key);
    void settle(const Attempt& attempt, const AuthenticationOutcome& outcome);
    Key take_from_queue();
    void work(const std::stop_token& stop);

    const FileAuthenticatorOptions options_;
    const std::shared_ptr<const SteadyClock> clock_;
    RememberedCredentials remembered_;
    std::atomic<std::uint64_t> hashes_computed_{0};

    mutable std::mutex users_mutex_;
    std::shared_ptr<const Users> users_;

    std::mutex mutex_;
    SignInAttempts made_;
    std::condition_variable_any queued_;
    // Of the attempts that no thread has taken yet. Who has signed in from there before goes first, so that a
    // flood of strangers' guesses doesn't keep the honest ones out.
    std::deque<Key> known_queue_;
    std::deque<Key> queue_;
    std::map<Key, Attempt> attempts_; ///< waiting, or being hashed
    std::vector<std::jthread> threads_;
    std::unique_ptr<WatchedFile> file_;
};

FileAuthenticator::State::Users::Users(std::vector<User> users)
    : list{std::move(users)} {
    for (const auto& user : list)
        by_name.emplace(user.principal.name, &user);
}

const User* FileAuthenticator::State::Users::find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
}

FileAuthenticator::State::State(std::vector<User> users, FileAuthenticatorOptions options)
    : options_{std::move(options)}
    , clock_{options_.clock ? options_.clock : system_steady_clock()}
    , remembered_{options_.remember, options_.remembered_credentials, clock_}
    , users_{std::make_shared<const Users>(std::move(users))}
    , made_{options_.limits, clock_} {
    for (std::size_t count = std::max<std::size_t>(options_.hashing_threads, 1); count > 0; --count)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

FileAuthenticator::State::~State() {
    file_.reset();
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
    for (auto& [key, attempt] : attempts_)
        for (const auto& done : attempt.waiting)
            done(busy());
}

result<void> FileAuthenticator::State::follow(const std::filesystem::path& file) {
    file_ = std::make_unique<WatchedFile>(
        WatchedFile::Source{file, "users file", max_users_file_bytes},
        [this](const WatchedText* found) { return apply(found); }, options_.on_fault, clock_);
    if (auto read = file_->read(); !read)
        return read;
    file_->start(options_.watch);
    return {};
}

void FileAuthenticator::State::refresh() {
    if (file_ != nullptr)
        file_->refresh();
}

result<void> FileAuthenticator::State::apply(const WatchedText* file) {
    auto list = users_of(file, options_);
    if (!list)
        return list.error();
    auto users = std::make_shared<const Users>(std::move(*list));
    const std::lock_guard lock{users_mutex_};
    users_ = std::move(users);
    return {};
}

std::optional<Principal> FileAuthenticator::State::recognised_still(const Principal& principal) const {
    const auto users = this->users();
    const auto* user = users->find(principal.name);
    if (user == nullptr || user->principal.credential != principal.credential)
        return std::nullopt;
    return user->principal;
}

void FileAuthenticator::State::authenticate(BasicCredentials credentials, std::string_view remote_address,
                                            Done done) {
    const auto users = this->users();
    // What can't be anybody's password says nothing about who exists.
    if (users->list.empty() || !can_be_a_password(credentials.password)) {
        wipe(credentials.password);
        return done(rejected());
    }
    const auto* found = users->find(credentials.user);
    const bool known = found != nullptr;
    const auto& user = known ? *found : stand_in_for(credentials.user, *users);
    const auto key = remembered_.key_of(credentials.user, credentials.password, user.password_hash);
    if (known && remembered_.contains(key)) {
        wipe(credentials.password);
        return done(user.principal);
    }

    const auto keys = keys_of(credentials.user, remote_address);
    std::unique_lock lock{mutex_};
    auto attempt = attempts_.find(key);
    if (attempt == attempts_.end()) {
        const bool verified_meanwhile = known && remembered_.contains(key);
        const auto refused = verified_meanwhile ? std::nullopt : refusal(keys);
        if (verified_meanwhile || refused) {
            lock.unlock();
            wipe(credentials.password);
            return verified_meanwhile ? done(user.principal) : done(*refused);
        }
        attempt = attempts_.try_emplace(key, users, user, known, credentials.password, keys).first;
        (made_.is_known(keys) ? known_queue_ : queue_).push_back(key);
        made_.begin(keys);
        queued_.notify_one();
    }
    wipe(credentials.password);
    attempt->second.waiting.push_back(std::move(done));
}

/// Why an attempt isn't even made: too many failed before, or too many wait.
std::optional<AuthenticationFailure> FileAuthenticator::State::refusal(const AttemptKeys& keys) {
    if (const auto wait = made_.wait(keys))
        return busy(*wait);
    if ((made_.is_known(keys) ? known_queue_ : queue_).size() >= options_.hashing_queue)
        return busy();
    return std::nullopt;
}

AttemptKeys FileAuthenticator::State::keys_of(std::string_view name, std::string_view remote_address) const {
    const auto network = client_network(remote_address);
    return {.address = remembered_.key_of(network, "address", {}),
            .name = remembered_.key_of(name, "name", {}),
            .both = remembered_.key_of(name, network, "both")};
}

/// Somebody of the file, always the same for a name: an unknown user's attempt is as slow as others are.
const User& FileAuthenticator::State::stand_in_for(std::string_view name, const Users& users) const {
    const auto key = remembered_.key_of(name, {}, {});
    std::size_t number = 0;
    for (std::size_t index = 0; index < sizeof number; ++index)
        number = (number << 8U) | key[index];
    return users.list[number % users.list.size()];
}

AuthenticationOutcome FileAuthenticator::State::decide(PasswordHasher& hasher, const Attempt& attempt,
                                                       const Key& key) {
    ++hashes_computed_;
    try {
        const auto verified = hasher.verify(attempt.password.text(), attempt.user.password_hash);
        if (!verified)
            return broken(verified.error().cause());
        if (!*verified || !attempt.known)
            return rejected();
        remembered_.remember(key);
        return attempt.user.principal;
    } catch (const std::exception& exception) {
        return broken(exception.what());
    }
}

/// What an attempt says about those that follow it.
void FileAuthenticator::State::settle(const Attempt& attempt, const AuthenticationOutcome& outcome) {
    if (outcome)
        made_.succeeded(attempt.keys);
    else if (outcome.error().kind != AuthenticationFailure::Kind::rejected)
        made_.withdraw(attempt.keys);
}

FileAuthenticator::State::Key FileAuthenticator::State::take_from_queue() {
    auto& queue = known_queue_.empty() ? queue_ : known_queue_;
    const auto key = queue.front();
    queue.pop_front();
    return key;
}

void FileAuthenticator::State::work(const std::stop_token& stop) {
    step_back();
    PasswordHasher hasher;
    std::unique_lock lock{mutex_};
    for (;;) {
        queued_.wait(lock, stop, [this] { return !queue_.empty() || !known_queue_.empty(); });
        if (stop.stop_requested())
            return;
        const auto key = take_from_queue();
        // Nobody else takes or erases this attempt, and a map moves no elements.
        const auto attempt = attempts_.find(key);
        lock.unlock();
        const auto outcome = decide(hasher, attempt->second, key);
        lock.lock();
        const auto finished = attempts_.extract(attempt);
        settle(finished.mapped(), outcome);
        lock.unlock();
        for (const auto& done : finished.mapped().waiting)
            done(outcome);
        lock.lock();
    }
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    if (!options.may_be_missing)
        if (const auto text = read_users_file(users_file); !text)
            return text.error();
    auto others = parse_users({}, options.further_users);
    if (!others)
        return others.error();
    auto state = std::make_unique<State>(std::move(*others), std::move(options));
    if (auto followed = state->follow(users_file); !followed)
        return followed.error();
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::from_text(std::string_view users,
                                                                        FileAuthenticatorOptions options) {
    auto parsed = parse_users(users, options.further_users);
    if (!parsed)
        return parsed.error();
    auto state = std::make_unique<State>(std::move(*parsed), std::move(options));
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

FileAuthenticator::FileAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

FileAuthenticator::~FileAuthenticator() = default;

void FileAuthenticator::authenticate(Credentials credentials, std::string_view remote_address,
                                     std::function<void(AuthenticationOutcome)> done) {
    if (auto* basic = std::get_if<BasicCredentials>(&credentials))
        return state_->authenticate(std::move(*basic), remote_address, std::move(done));
    done(rejected());
}

std::optional<Principal> FileAuthenticator::recognised_still(const Principal& principal) {
    return state_->recognised_still(principal);
}

void FileAuthenticator::refresh() {
    state_->refresh();
}

std::size_t FileAuthenticator::user_count() const {
    return state_->user_count();
}

std::uint64_t FileAuthenticator::hashes_computed() const noexcept {
    return state_->hashes_computed();
}

} // namespace portrait::http
