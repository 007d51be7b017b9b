#pragma once

#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace portrait::http {

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
    Key take_from_queue();
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

} // namespace portrait::http
