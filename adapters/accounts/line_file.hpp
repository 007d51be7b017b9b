#pragma once

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// The common format of the users file and the token file: lines of columns between colons.
namespace portrait::http {

inline constexpr std::size_t max_account_line = 4096;
/// The most bytes of a user's name and of a full name.
inline constexpr std::size_t max_user_name_length = 255;

/// Reads a whole text as a number. Absent when it is malformed or out of range.
template<class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

/// Calls `take` with each line, without its line end, and its number from 1. Skips blank lines and lines that
/// begin with `#`. Stops at a line that is too long, is not UTF-8 or has control characters, and at the first
/// error of `take`; the message names the file and the line. All errors are `file_invalid`.
[[nodiscard]] result<void>
for_each_line(std::string_view text, std::string_view file,
              const std::function<result<void>(std::string_view line, std::size_t number)>& take);

/// Replaces the line of that number by another one, which has its line end or is empty. Appends it for 0.
std::string with_line(std::string_view text, std::size_t number, std::string_view line);

/// Splits a line at its colons. Absent columns are empty. No columns when the line has more than `count`.
std::vector<std::string_view> columns_of(std::string_view line, std::size_t count);

/// Reads name, associate id, full name, person id and rights, in this order.
[[nodiscard]] result<Principal> parse_principal(std::string_view name, std::string_view associate_id,
                                                std::string_view full_name, std::string_view person_id,
                                                std::string_view rights);

/// The columns associate id to rights of a line.
std::string columns_of(const Principal& principal);

/// Whether a name may be a column: UTF-8 without colons and control characters, not too long.
bool fits_column(std::string_view name);

/// Checks a `UserEntry` or a `TokenEntry`. The error is `account_invalid`.
template<class Entry>
[[nodiscard]] result<void> check_entry(const Entry& entry) {
    if (entry.name.find_first_not_of(' ') == std::string::npos || !fits_column(entry.name))
        return Error{errc::account_invalid,
                     "The name must have 1 to 255 bytes of UTF-8, not only spaces, without "
                     "colons and control characters"};
    if (entry.full_name && !fits_column(*entry.full_name))
        return Error{errc::account_invalid,
                     "The full name must have at most 255 bytes of UTF-8, without colons "
                     "and control characters"};
    if (entry.associate_id.value_or(0) < 0 || entry.person_id.value_or(0) < 0)
        return Error{errc::account_invalid,
                     "An associate id and a person id must be numbers from 0 to 2147483647"};
    return {};
}

/// Copies the values that a `UserEntry` or a `TokenEntry` has.
template<class Entry>
void apply_entry(const Entry& entry, Actor& actor) {
    actor.associate_id = entry.associate_id.value_or(actor.associate_id);
    actor.person_id = entry.person_id.value_or(actor.person_id);
    if (entry.full_name)
        actor.full_name = entry.full_name->empty() ? entry.name : *entry.full_name;
}

/// The associate id after the largest one. The error is `account_invalid`.
[[nodiscard]] result<std::int32_t> next_associate_id(std::int32_t largest);

} // namespace portrait::http
