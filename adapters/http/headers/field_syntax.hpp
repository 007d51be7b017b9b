#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

/// The syntax that header fields share (RFC 9110 section 5.6), and what else reads text of that kind.
namespace portrait::http {

/// Optional white space of a field.
inline constexpr std::string_view blanks = " \t";
/// White space of XML, JSON and forms.
inline constexpr std::string_view white_space = " \t\r\n";

/// The text without those characters at its begin and end.
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
std::string lower_case(std::string_view text);

/// A port as an authority has it: one to five digits.
bool is_port(std::string_view text) noexcept;

/// Adds field names to the answer's Vary.
void add_vary(Response& response, std::string_view names);

} // namespace portrait::http
