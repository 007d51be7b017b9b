#pragma once

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/clock.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace portrait::http {

/// Who asks, as keys that nobody outside can make collide.
struct AttemptKeys {
    using Key = SecretDigest;
    Key address{};
    Key name{};
    Key both{};
};

/// How often passwords were tried in vain, by address and by name, and how long the next attempt has to wait:
/// nothing within the limits, then 1, 2, 4, … seconds since the last attempt. Names that don't exist are
/// treated as those that do. A name that has signed in from an address isn't held back there by what others
/// try elsewhere. Bounded: of addresses, names and such pairs, the ones unheard of for longest are forgotten.
/// Not thread-safe.
class SignInAttempts {
public:
    SignInAttempts(SignInLimits limits, std::shared_ptr<const SteadyClock> clock);

    /// Absent: the attempt may be made now.
    std::optional<std::chrono::seconds> wait(const AttemptKeys& keys);
    /// Whether this name has signed in from there.
    bool is_known(const AttemptKeys& keys) const { return known_.has(keys.both); }

    /// Counts an attempt, which is a failure until it `succeeded`.
    void begin(const AttemptKeys& keys);
    void succeeded(const AttemptKeys& keys);
    /// An attempt that wasn't decided.
    void withdraw(const AttemptKeys& keys);

private:
    using Key = AttemptKeys::Key;
    struct Entry {
        Key key{};
        std::uint32_t failures = 0; ///< at the time of the last attempt
        SteadyTimestamp last{};
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    /// Entries by key, those that were touched longest ago first.
    class Table {
    public:
        explicit Table(std::size_t capacity)
            : capacity_{capacity} {}
        Entry* find(const Key& key);
        bool has(const Key& key) const { return places_.contains(key); }
        /// A new one when there is none; another one may make room.
        Entry& touch(const Key& key);
        void erase(const Key& key);

    private:
        std::size_t capacity_;
        std::list<Entry> oldest_first_;
        std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> places_;
    };

    std::uint32_t failures(const Entry& entry, SteadyTimestamp now) const;
    std::chrono::milliseconds wait(Entry* entry, std::uint32_t limit, SteadyTimestamp now) const;
    void count(Table& table, const Key& key, SteadyTimestamp now);

    const SignInLimits limits_;
    const std::shared_ptr<const SteadyClock> clock_;
    Table addresses_;
    Table names_;
    Table known_;
};

} // namespace portrait::http
