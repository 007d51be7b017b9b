#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"
#include "utf8.hpp"

#include <portrait/http/file_authenticator.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace portrait::http {

namespace {

using Done = std::function<void(AuthenticationOutcome)>;

/// A copy of a secret; wipes what it was copied from, and itself when it goes.
class Secret {
public:
    explicit Secret(std::string& source)
        : text_{source} {
        OPENSSL_cleanse(source.data(), source.size());
    }
    ~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

AuthenticationFailure rejected() {
    return {};
}

AuthenticationFailure busy() {
    return {AuthenticationFailure::Kind::busy, std::chrono::seconds{1}, {}};
}

AuthenticationFailure broken(std::string cause) {
    return {AuthenticationFailure::Kind::broken, std::chrono::seconds{1}, std::move(cause)};
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

    void authenticate(BasicCredentials credentials, Done done);
    std::size_t user_count() const noexcept { return users_.size(); }
    std::uint64_t hashes_computed() const noexcept { return hashes_computed_; }

private:
    using Key = RememberedCredentials::Key;

    /// A password to be hashed, and everybody who waits for what comes of it.
    struct Attempt {
        Attempt(const User& attempted_user, bool is_known, std::string& attempted_password)
            : user{attempted_user}
            , known{is_known}
            , password{attempted_password} {}

        const User& user; ///< with whose hash the password is compared
        bool known;       ///< false: that is somebody else, and only the time it takes counts
        Secret password;
        std::vector<Done> waiting;
    };

    const User& stand_in_for(std::string_view name) const;
    bool is_remembered(const Key& key) { return remembered_.contains(key, clock_->now()); }
    AuthenticationOutcome decide(PasswordHasher& hasher, const Attempt& attempt, const Key& key);
    void work(const std::stop_token& stop);

    const std::size_t queue_limit_;
    const std::shared_ptr<const Clock> clock_;
    const std::vector<User> users_;
    std::unordered_map<std::string_view, const User*> by_name_;
    RememberedCredentials remembered_;
    std::atomic<std::uint64_t> hashes_computed_{0};

    std::mutex mutex_;
    std::condition_variable_any queued_;
    std::deque<Key> queue_;           ///< of the attempts that no thread has taken yet
    std::map<Key, Attempt> attempts_; ///< waiting, or being hashed
    std::vector<std::jthread> threads_;
};

FileAuthenticator::State::State(std::vector<User> users, FileAuthenticatorOptions options)
    : queue_limit_{options.hashing_queue}
    , clock_{options.clock ? std::move(options.clock) : system_clock()}
    , users_{std::move(users)}
    , remembered_{options.remember, options.remembered_credentials} {
    for (const auto& user : users_)
        by_name_.emplace(user.principal.name, &user);
    for (std::size_t count = std::max<std::size_t>(options.hashing_threads, 1); count > 0; --count)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

FileAuthenticator::State::~State() {
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
    for (auto& [key, attempt] : attempts_)
        for (const auto& done : attempt.waiting)
            done(busy());
}

void FileAuthenticator::State::authenticate(BasicCredentials credentials, Done done) {
    // What can't be anybody's password says nothing about who exists.
    if (users_.empty() || !can_be_a_password(credentials.password))
        return done(rejected());
    const auto found = by_name_.find(credentials.user);
    const bool known = found != by_name_.end();
    const auto& user = known ? *found->second : stand_in_for(credentials.user);
    const auto key = remembered_.key_of(credentials.user, credentials.password, user.password_hash);
    if (known && is_remembered(key)) {
        OPENSSL_cleanse(credentials.password.data(), credentials.password.size());
        return done(user.principal);
    }

    std::unique_lock lock{mutex_};
    auto attempt = attempts_.find(key);
    if (attempt == attempts_.end()) {
        const bool verified_meanwhile = known && is_remembered(key);
        if (verified_meanwhile || queue_.size() >= queue_limit_) {
            lock.unlock();
            OPENSSL_cleanse(credentials.password.data(), credentials.password.size());
            return verified_meanwhile ? done(user.principal) : done(busy());
        }
        attempt = attempts_.try_emplace(key, user, known, credentials.password).first;
        queue_.push_back(key);
        queued_.notify_one();
    }
    attempt->second.waiting.push_back(std::move(done));
}

/// Somebody of the file, always the same for a name: an unknown user's attempt is as slow as others are.
const User& FileAuthenticator::State::stand_in_for(std::string_view name) const {
    const auto key = remembered_.key_of(name, {}, {});
    std::size_t number = 0;
    for (std::size_t index = 0; index < sizeof number; ++index)
        number = (number << 8U) | key[index];
    return users_[number % users_.size()];
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
        remembered_.remember(key, clock_->now());
        return attempt.user.principal;
    } catch (const std::exception& exception) {
        return broken(exception.what());
    }
}

void FileAuthenticator::State::work(const std::stop_token& stop) {
    PasswordHasher hasher;
    std::unique_lock lock{mutex_};
    for (;;) {
        queued_.wait(lock, stop, [this] { return !queue_.empty(); });
        if (stop.stop_requested())
            return;
        const auto key = queue_.front();
        queue_.pop_front();
        // Nobody else takes or erases this attempt, and a map moves no elements.
        const auto attempt = attempts_.find(key);
        lock.unlock();
        const auto outcome = decide(hasher, attempt->second, key);
        lock.lock();
        const auto finished = attempts_.extract(attempt);
        lock.unlock();
        for (const auto& done : finished.mapped().waiting)
            done(outcome);
        lock.lock();
    }
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    const auto text = read_users_file(users_file);
    if (!text)
        return text.error();
    return from_text(*text, std::move(options));
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::from_text(std::string_view users,
                                                                        FileAuthenticatorOptions options) {
    auto parsed = parse_users(users);
    if (!parsed)
        return parsed.error();
    auto state = std::make_unique<State>(std::move(*parsed), std::move(options));
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

FileAuthenticator::FileAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

FileAuthenticator::~FileAuthenticator() = default;

void FileAuthenticator::authenticate(Credentials credentials, std::string_view /*remote_address*/,
                                     std::function<void(AuthenticationOutcome)> done) {
    if (auto* basic = std::get_if<BasicCredentials>(&credentials))
        return state_->authenticate(std::move(*basic), std::move(done));
    done(rejected());
}

std::size_t FileAuthenticator::user_count() const noexcept {
    return state_->user_count();
}

std::uint64_t FileAuthenticator::hashes_computed() const noexcept {
    return state_->hashes_computed();
}

} // namespace portrait::http
