#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace portrait::http {

/// How many wrong passwords may be tried before the next attempt has to wait: 1, 2, 4, … seconds since the
/// last one. The client gets the time in Retry-After (`AuthenticationFailure::Kind::busy`). A name does not
/// wait because of other clients' attempts where it has signed in before.
struct SignInLimits {
    std::uint32_t failures_per_address = 20; ///< of an IPv4 address or a /64 of IPv6; 0: any number
    std::uint32_t failures_per_name = 10;    ///< whether or not a user has it; 0: any number
    std::chrono::seconds longest_wait{60};
    std::chrono::seconds forgive_one_after{60}; ///< since the last attempt; 0: never
    std::size_t remembered = 8192;              ///< addresses, and as many names, at the most
};

/// An attempt to sign in by a password. The views are valid during the call only.
struct SignInAttempt {
    std::string_view network; ///< of the client, as `client_network` has it
    std::string_view name;    ///< as the client sent it, whether or not a user has it
};

/// Whether an attempt may be made.
struct SignInLeave {
    std::optional<std::chrono::seconds> wait{}; ///< before the next attempt; absent: this one may be made
    bool known = false;                         ///< this name has signed in from this network before
};

/// Port: counts failed attempts to sign in, by name and by the client's network. An authenticator without one
/// has a `MemorySignInCounter`; servers that share users implement it over what they share.
///
/// `begin` is called on the threads that serve sockets, so an implementation must not block: it calls `done`
/// once, before it returns or later from a thread of its own, also after an error. The other calls return at
/// once. Thread-safe.
class PORTRAIT_EXPORT SignInCounter {
public:
    virtual ~SignInCounter() = default;

    /// Gives leave for an attempt and counts it as a failure until `succeeded` or `withdraw`; counts nothing
    /// when the client has to wait. After an error the attempt is not made.
    virtual void begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) = 0;

    /// The password was right: forgets the failures of this name and remembers that it signed in from this
    /// network. The failures of the network stay, because an attacker may have an account.
    virtual void succeeded(const SignInAttempt& attempt) = 0;

    /// The password was not compared: takes the attempt off the count.
    virtual void withdraw(const SignInAttempt& attempt) = 0;
};

/// Counts in this process's memory, bounded by `SignInLimits::remembered`: the networks, names and pairs of
/// both that were used longest ago are forgotten. Calls `done` before it returns, never with an error.
class PORTRAIT_EXPORT MemorySignInCounter final : public SignInCounter {
public:
    /// Without a clock it takes the system's.
    explicit MemorySignInCounter(SignInLimits limits, std::shared_ptr<const SteadyClock> clock = nullptr);
    MemorySignInCounter(const MemorySignInCounter&) = delete;
    MemorySignInCounter& operator=(const MemorySignInCounter&) = delete;
    ~MemorySignInCounter() override;

    void begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) override;
    void succeeded(const SignInAttempt& attempt) override;
    void withdraw(const SignInAttempt& attempt) override;

private:
    class PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
