#pragma once

#include <portrait/actor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// The memory that an interned value takes, roughly.
inline std::size_t weight_of(const std::string& text) noexcept {
    return text.size();
}
inline std::size_t weight_of(const Actor& actor) noexcept {
    return actor.name.size() + actor.full_name.size();
}

struct InternedHash {
    std::size_t operator()(const std::string& text) const noexcept { return std::hash<std::string>{}(text); }
    std::size_t operator()(const Actor& actor) const noexcept {
        return (*this)(actor.name) * 31 + (*this)(actor.full_name) * 7 +
               static_cast<std::size_t>(actor.associate_id);
    }
};

/// Values that many rows share, each kept once and for good. Thread-safe; reading takes no lock.
template<class T>
class Interned {
public:
    static constexpr std::size_t max_values = 16'384;
    static constexpr std::size_t max_weight = 512; ///< of one value, bytes

    Interned()
        : values_(max_values) {}

    /// The number of a value. Absent when it is too long or too many others are kept.
    std::optional<std::uint32_t> number_of(const T& value) {
        if (weight_of(value) > max_weight)
            return std::nullopt;
        const std::scoped_lock lock{mutex_};
        if (const auto found = numbers_.find(value); found != numbers_.end())
            return found->second;
        if (numbers_.size() == max_values)
            return std::nullopt;
        const auto number = static_cast<std::uint32_t>(numbers_.size());
        values_[number] = &numbers_.emplace(value, number).first->first;
        return number;
    }

    /// The value of a number that `number_of` has returned before, in this thread's order of events.
    const T& value_of(std::uint32_t number) const noexcept { return *values_[number]; }

private:
    std::mutex mutex_;
    std::unordered_map<T, std::uint32_t, InternedHash> numbers_; ///< its nodes don't move
    std::vector<const T*> values_; ///< never grows; an element is written before its number is returned
};

} // namespace portrait::sqlite
