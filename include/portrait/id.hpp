#pragma once

#include <portrait/error.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <string_view>

namespace portrait {
namespace detail {

/// An int32 above 0, of another type than other kinds of ids. `Rule` is the error of a value outside 1 to
/// 2147483647.
template<errc Rule>
class Identifier {
public:
    /// The id of this value. Error: `Rule`.
    [[nodiscard]] static result<Identifier> from(std::int64_t value) {
        if (value < 1 || value > std::numeric_limits<std::int32_t>::max())
            return Error{Rule};
        return Identifier{static_cast<std::int32_t>(value)};
    }

    /// Reads decimal digits alone: no sign and no space, but leading zeros. Error: `Rule`.
    [[nodiscard]] static result<Identifier> parse(std::string_view text) {
        std::int64_t value = 0;
        for (const char digit : text) {
            if (digit < '0' || digit > '9' || value > std::numeric_limits<std::int32_t>::max())
                return Error{Rule};
            value = value * 10 + (digit - '0');
        }
        return from(value);
    }

    constexpr std::int32_t value() const noexcept { return value_; }

    friend constexpr auto operator<=>(Identifier, Identifier) noexcept = default;
    friend std::ostream& operator<<(std::ostream& out, Identifier id) { return out << id.value_; }

private:
    explicit constexpr Identifier(std::int32_t value) noexcept
        : value_(value) {}

    std::int32_t value_;
};

} // namespace detail

/// The id of a person (contract section 1). Its error is `errc::person_invalid_id`.
using PersonId = detail::Identifier<errc::person_invalid_id>;

/// The id of a stored picture, never reused. Its error is `errc::blob_invalid_id`.
using BlobId = detail::Identifier<errc::blob_invalid_id>;

} // namespace portrait

/// \cond
template<portrait::errc Rule>
struct std::hash<portrait::detail::Identifier<Rule>> {
    std::size_t operator()(portrait::detail::Identifier<Rule> id) const noexcept {
        return std::hash<std::int32_t>{}(id.value());
    }
};
/// \endcond
