#pragma once

#include <portrait/http/message.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// The common syntax of header fields (RFC 9110 section 5.6).
namespace portrait::http {

/// Optional white space of a field.
inline constexpr std::string_view blanks = " \t";
/// White space of XML, JSON and forms.
inline constexpr std::string_view white_space = " \t\r\n";

/// Returns the text without those characters at its begin and end.
std::string_view trimmed(std::string_view text, std::string_view characters = blanks) noexcept;

/// Removes those characters from the front.
void skip(std::string_view& text, std::string_view characters = blanks) noexcept;

/// Removes the character from the front. False when another one, or none, is there.
bool take(std::string_view& text, char character) noexcept;

/// ASCII letters only; every other character stays.
constexpr char lower(char character) noexcept {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}
constexpr bool is_letter(char character) noexcept {
    return lower(character) >= 'a' && lower(character) <= 'z';
}
constexpr bool is_digit(char character) noexcept {
    return character >= '0' && character <= '9';
}
constexpr bool is_alphanumeric(char character) noexcept {
    return is_letter(character) || is_digit(character);
}
std::string lower_case(std::string_view text);

/// Reads a whole text as a number; only signed types accept a minus. Absent when it is malformed or out of
/// range.
template<class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) noexcept {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

/// A client's text for a message: safe to print, in quotes, and cut off where it is long.
std::string in_quotes(std::string_view text);

/// Whether a text is an authority's port: one to five digits.
bool is_port(std::string_view text) noexcept;

/// Whether a text may be a host with an optional port: it has no character that would end one. An empty text
/// may.
bool is_host(std::string_view text) noexcept;

/// Adds field names to the answer's Vary.
void add_vary(Response& response, std::string_view names);

/// An IMF-fixdate.
struct HttpDateText {
    std::array<char, 29> characters{'D', 'a', 'y', ',', ' ', '0', '0', ' ', 'M', 'o', 'n', ' ', '0', '0', '0',
                                    '0', ' ', '0', '0', ':', '0', '0', ':', '0', '0', ' ', 'G', 'M', 'T'};

    std::string_view view() const noexcept { return {characters.data(), characters.size()}; }
};

/// As `format_http_date`, without an allocation.
HttpDateText http_date_text(Timestamp moment) noexcept;

/// Reads the three forms of RFC 9110: IMF-fixdate, RFC 850's, asctime's. Strict: names in their exact case,
/// the weekday must be the date's. Absent when malformed. A year of two digits is at most 50 years after
/// `now`'s.
std::optional<Timestamp>
parse_http_date(std::string_view text,
                Timestamp now = std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now()));

/// Whether a caller's X-Request-Id may be used: 1 to 64 of `A-Za-z0-9._-`.
bool is_request_id(std::string_view text) noexcept;

/// The caller's X-Request-Id when it may be used, otherwise a fresh one of 15 hexadecimal digits. Ids
/// distinguish requests in a log; they are no secret. Thread-safe, without locks.
std::string request_id(const RequestHead& head);

} // namespace portrait::http
