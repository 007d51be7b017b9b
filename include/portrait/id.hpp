#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace portrait {
namespace detail {

/// An int32 above 0, of another type than other kinds of ids. `Rule` is the error of a value outside 1 to
/// 2147483647.
template<class Tag, errc Rule>
class PORTRAIT_EXPORT Identifier {
public:
    /// The id of this value. Error: `Rule`.
    [[nodiscard]] static result<Identifier> from(std::int64_t value);

    /// Reads decimal digits alone: no sign and no space, but leading zeros. Error: `Rule`.
    [[nodiscard]] static result<Identifier> parse(std::string_view text);

    constexpr std::int32_t value() const noexcept { return value_; }

    friend constexpr auto operator<=>(Identifier, Identifier) noexcept = default;
    friend std::ostream& operator<<(std::ostream& out, Identifier id) { return write(out, id.value_); }

private:
    static std::ostream& write(std::ostream& out, std::int32_t value);
    explicit constexpr Identifier(std::int32_t value) noexcept
        : value_(value) {}

    std::int32_t value_;
};

struct PORTRAIT_EXPORT PersonIdTag;
struct PORTRAIT_EXPORT BlobIdTag;

extern template class Identifier<PersonIdTag, errc::person_invalid_id>;
extern template class Identifier<BlobIdTag, errc::blob_invalid_id>;

} // namespace detail

/// The id of a person (contract section 1). Its error is `errc::person_invalid_id`.
using PersonId = detail::Identifier<detail::PersonIdTag, errc::person_invalid_id>;

/// The id of a stored picture, never reused. Its error is `errc::blob_invalid_id`.
using BlobId = detail::Identifier<detail::BlobIdTag, errc::blob_invalid_id>;

} // namespace portrait

/// \cond
template<class Tag, portrait::errc Rule>
struct std::hash<portrait::detail::Identifier<Tag, Rule>> {
    std::size_t operator()(portrait::detail::Identifier<Tag, Rule> id) const noexcept {
        return std::hash<std::int32_t>{}(id.value());
    }
};
/// \endcond
