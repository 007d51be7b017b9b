#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Failed attempts before the next attempt has to wait: 1, 2, 4, … seconds since the last one. The client
/// gets the time in Retry-After (`AuthenticationFailure::Kind::busy`). A name that has signed in from a
/// network doesn't wait there because of failures from other networks.
struct SignInLimits {
    std::uint32_t failures_per_address = 20; ///< of an IPv4 address or a /64 of IPv6; 0: no limit
    std::uint32_t failures_per_name = 10;    ///< whether or not a user has it; 0: no limit
    std::chrono::seconds longest_wait{60};
    std::chrono::seconds forgive_one_after{60}; ///< after the last attempt; 0: never
    std::size_t remembered = 8192;              ///< most addresses, and most names
};

/// An attempt to sign in by a password. The views are valid during the call only.
struct SignInAttempt {
    std::string_view network; ///< of the client, as `client_network` has it
    std::string_view name;    ///< as the client sent it, whether or not a user has it
    /// The client's browser has proved that this user has signed in from it before. All browsers of a user
    /// count as one network, apart from that of their address, and their attempts are known.
    bool known_browser = false;
};

/// Whether an attempt is allowed.
struct SignInLeave {
    std::optional<std::chrono::seconds> wait{}; ///< before the next attempt; absent: it is allowed
    bool known = false;                         ///< this name has signed in from this network before
};

/// Port: counts failed attempts to sign in, by name and by the client's network. An authenticator without one
/// has a `MemorySignInCounter`; servers that share users implement it over a common database. An
/// authenticator calls:
///
/// ```
/// counter->begin(attempt, [=](const result<SignInLeave>& leave) {
///     if (!leave || leave->wait)
///         return refuse();
///     if (is_right(password))
///         counter->succeeded(attempt); // otherwise the attempt stays a failure
/// });
/// ```
///
/// `begin` is called on the threads that serve sockets, so it must not block: it calls `done` once, before it
/// returns or later from another thread, also after an error. No other call blocks. Thread-safe.
class PORTRAIT_EXPORT SignInCounter {
public:
    virtual ~SignInCounter() = default;

    /// Allows an attempt and counts it as a failure until `succeeded` or `withdraw`, or refuses it by a wait
    /// and counts nothing. After an error the attempt is refused.
    virtual void begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) = 0;

    /// The password was right: resets the failures of this name and remembers that it has signed in from this
    /// network. The network's failures stay, because an attacker may have an account.
    virtual void succeeded(const SignInAttempt& attempt) = 0;

    /// The password was not compared: removes the attempt from the count.
    virtual void withdraw(const SignInAttempt& attempt) = 0;
};

/// What a `MemorySignInCounter` has counted for a network or a name since its last `take_changes`.
struct SignInChange {
    SecretDigest key{};        ///< of the network or the name, under the key of `restore`
    std::int32_t failures = 0; ///< that were added; negative: taken back; 0: an attempt was refused
    bool is_reset = false;     ///< earlier failures don't count any more
};

/// What a `MemorySignInCounter` has to tell the counters of other servers.
struct SignInChanges {
    std::vector<SignInChange> counts; ///< in the order of their keys, each once
    std::vector<SecretDigest> known;  ///< pairs of network and name that have signed in
};

/// The failures of a network or a name that all servers have counted.
struct SignInTotal {
    SecretDigest key{};
    std::uint32_t failures = 0;
    std::chrono::milliseconds age{0}; ///< of the last one
};

/// Counts in memory, bounded by `SignInLimits::remembered`: evicts the networks, names and pairs of both that
/// were used longest ago. Calls `done` before it returns, never with an error.
///
/// Servers that share users pass their counts on from time to time; an attacker then gets as many attempts
/// more as each server allows between two of these exchanges:
///
/// ```
/// const auto changes = counter->take_changes();
/// if (const auto totals = database.add(changes.counts))
///     counter->set_totals(*totals);
/// else
///     counter->give_back(changes);
/// ```
class PORTRAIT_EXPORT MemorySignInCounter final : public SignInCounter {
public:
    /// A null clock is the system's.
    explicit MemorySignInCounter(SignInLimits limits, std::shared_ptr<const SteadyClock> clock = nullptr);
    MemorySignInCounter(const MemorySignInCounter&) = delete;
    MemorySignInCounter& operator=(const MemorySignInCounter&) = delete;
    ~MemorySignInCounter() override;

    void begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) override;
    void succeeded(const SignInAttempt& attempt) override;
    void withdraw(const SignInAttempt& attempt) override;

    /// The pairs of network and name that have signed in, the one used longest ago first, as digests under
    /// the key of `restore`: for a counter that starts where an earlier one has ended.
    std::vector<SecretDigest> known() const;
    /// To be called before the first attempt, with the key that the earlier counter had; it should be random
    /// and secret. Pairs beyond `SignInLimits::remembered` are dropped, the first ones first.
    void restore(const SecretDigest& key, std::span<const SecretDigest> known);

    /// Removes and returns what was counted since the last call; nothing at the first call, from which on
    /// changes are noted. At most twice `SignInLimits::remembered` of them.
    SignInChanges take_changes();
    /// Notes changes again that could not be passed on.
    void give_back(const SignInChanges& changes);
    /// Replaces counts by those of all servers, of which the changes of the last `take_changes` are a part.
    void set_totals(std::span<const SignInTotal> totals);
    /// Adds pairs that have signed in on other servers.
    void add_known(std::span<const SecretDigest> known);

private:
    class PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
