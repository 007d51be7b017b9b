#pragma once

#include "fair_queue.hpp"
#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::http {

/// A password to be compared with a user's hash.
struct PasswordAttempt {
    std::shared_ptr<const User> user; ///< its hash is compared
    bool known = true;                ///< false: no user has the name, and `user` is a stand-in
    std::string name;                 ///< as the client sent it
    std::string network;              ///< of the client
    bool known_browser = false;       ///< as of `BasicCredentials`
};

/// Hashes passwords on threads of its own, within the limits of a `SignInCounter` and of two queues. Attempts
/// with the same credentials at the same time are hashed once. Thread-safe.
///
/// Attempts of names that have signed in from the same network before wait in a queue of their own; names
/// take turns there. All others wait in the other queue, where networks take turns. The threads take from
/// both in turn, so that neither a flood of guesses nor the users keep the others waiting.
class PasswordAttempts {
public:
    using Done = std::function<void(AuthenticationOutcome)>;
    using Key = RememberedCredentials::Key;

    /// `queue_limit` is of each of the two queues.
    PasswordAttempts(std::size_t threads, std::size_t queue_limit, std::shared_ptr<SignInCounter> counter,
                     RememberedCredentials& remembered);
    PasswordAttempts(const PasswordAttempts&) = delete;
    PasswordAttempts& operator=(const PasswordAttempts&) = delete;
    /// Waits for the counter's completions and for running hashes. Answers `busy` to waiting attempts.
    ~PasswordAttempts();

    /// Compares the password and wipes it. `key` is that of the credentials. After a stop nobody waits for
    /// the outcome: an attempt that still waits isn't hashed then, and makes room for others.
    void check(const Key& key, PasswordAttempt&& attempt, std::string& password, std::stop_token stop,
               Done done);

    std::uint64_t hashes_computed() const noexcept { return hashes_computed_; }

private:
    struct Client {
        Done done;
        std::stop_token stop;
    };
    struct Entry {
        Entry(PasswordAttempt of, std::string& clear_text)
            : attempt{std::move(of)}
            , password{clear_text} {}

        bool has_no_client() const noexcept;

        PasswordAttempt attempt;
        SecretCopy password;
        bool counted = false; ///< the counter has completed
        std::vector<Client> clients;
    };
    using Entries = std::map<Key, Entry>; // moves no elements
    using Queue = FairQueue<Entries::iterator>;
    using Removed = Entries; ///< gets them without memory

    void ask_counter(const Key& key, const PasswordAttempt& attempt);
    void enqueue(const Key& key, bool known_browser, const result<SignInLeave>& leave);
    static void complete(const Entry& entry, const AuthenticationOutcome& outcome) noexcept;
    [[nodiscard]] bool push(Entries::iterator entry, bool is_known, Removed& removed) noexcept;
    [[nodiscard]] Entries::iterator pop();
    [[nodiscard]] AuthenticationOutcome decide(PasswordHasher& hasher, const Entry& entry,
                                               const Key& key) noexcept;
    void settle(const PasswordAttempt& attempt, const AuthenticationOutcome& outcome) noexcept;
    void work(PasswordHasher& hasher, const std::stop_token& stop);

    const std::shared_ptr<SignInCounter> counter_;
    RememberedCredentials& remembered_;
    std::atomic<std::uint64_t> hashes_computed_{0};

    std::mutex mutex_;
    std::condition_variable_any queued_;
    std::condition_variable counted_;
    std::size_t counting_ = 0; ///< completions of the counter that are due or running
    Queue known_queue_;
    Queue queue_;
    bool known_is_next_ = true; ///< of the two queues, when neither is empty
    Entries entries_;           ///< counted, waiting or being hashed
    std::vector<std::jthread> threads_;
};

} // namespace portrait::http
