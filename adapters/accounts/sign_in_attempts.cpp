#include "sign_in_attempts.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace portrait::http {

SignInAttempts::SignInAttempts(SignInLimits limits, std::shared_ptr<const SteadyClock> clock)
    : limits_{limits}
    , clock_{std::move(clock)}
    , addresses_{std::max<std::size_t>(limits.remembered, 1)}
    , names_{std::max<std::size_t>(limits.remembered, 1)}
    , known_{std::max<std::size_t>(limits.remembered, 1)} {}

std::optional<std::chrono::seconds> SignInAttempts::wait(const AttemptKeys& keys) {
    const auto now = clock_->now();
    auto longest = wait(addresses_.find(keys.address), limits_.failures_per_address, now);
    if (!is_known(keys))
        longest = std::max(longest, wait(names_.find(keys.name), limits_.failures_per_name, now));
    if (longest <= std::chrono::milliseconds{0})
        return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(longest);
}

void SignInAttempts::begin(const AttemptKeys& keys) {
    const auto now = clock_->now();
    count(addresses_, keys.address, now);
    count(names_, keys.name, now);
}

void SignInAttempts::succeeded(const AttemptKeys& keys) {
    withdraw(keys);
    // Only the name: an attacker who has an account of their own could clear the address by it.
    names_.erase(keys.name);
    known_.touch(keys.both).last = clock_->now();
}

void SignInAttempts::withdraw(const AttemptKeys& keys) {
    for (auto* entry : {addresses_.find(keys.address), names_.find(keys.name)})
        if (entry != nullptr && entry->failures > 0)
            --entry->failures;
}

/// Those that time hasn't made good yet.
std::uint32_t SignInAttempts::failures(const Entry& entry, SteadyTimestamp now) const {
    if (now <= entry.last || limits_.forgive_one_after.count() <= 0)
        return entry.failures;
    const auto forgiven =
        std::chrono::floor<std::chrono::seconds>(now - entry.last) / limits_.forgive_one_after;
    return forgiven >= entry.failures ? 0 : entry.failures - static_cast<std::uint32_t>(forgiven);
}

std::chrono::milliseconds SignInAttempts::wait(Entry* entry, std::uint32_t limit, SteadyTimestamp now) const {
    using std::chrono::milliseconds;
    if (entry == nullptr || limit == 0)
        return milliseconds{0};
    // A clock that was set back makes nobody wait for longer.
    entry->last = std::min(entry->last, now);
    const auto count = failures(*entry, now);
    if (count < limit)
        return milliseconds{0};
    const auto doublings = std::min(count - limit, std::uint32_t{30});
    const auto delay = std::min<std::chrono::seconds>(std::chrono::seconds{std::int64_t{1} << doublings},
                                                      limits_.longest_wait);
    return std::chrono::duration_cast<milliseconds>(entry->last + delay - now);
}

void SignInAttempts::count(Table& table, const Key& key, SteadyTimestamp now) {
    auto& entry = table.touch(key);
    const auto before = failures(entry, now);
    entry.failures = before == std::numeric_limits<std::uint32_t>::max() ? before : before + 1;
    entry.last = now;
}

std::size_t SignInAttempts::KeyHash::operator()(const Key& key) const noexcept {
    // The key is a MAC already: any of its bytes are as good as a hash.
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof hash);
    return hash;
}

SignInAttempts::Entry* SignInAttempts::Table::find(const Key& key) {
    const auto place = places_.find(key);
    return place == places_.end() ? nullptr : &*place->second;
}

SignInAttempts::Entry& SignInAttempts::Table::touch(const Key& key) {
    if (const auto place = places_.find(key); place != places_.end()) {
        oldest_first_.splice(oldest_first_.end(), oldest_first_, place->second);
        return *place->second;
    }
    if (places_.size() >= capacity_) {
        places_.erase(oldest_first_.front().key);
        oldest_first_.pop_front();
    }
    const auto place = oldest_first_.insert(oldest_first_.end(), Entry{.key = key});
    places_.emplace(key, place);
    return *place;
}

void SignInAttempts::Table::erase(const Key& key) {
    const auto place = places_.find(key);
    if (place == places_.end())
        return;
    oldest_first_.erase(place->second);
    places_.erase(place);
}

} // namespace portrait::http
