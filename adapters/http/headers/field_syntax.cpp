#include "headers/field_syntax.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace portrait::http {

std::string_view trimmed(std::string_view text, std::string_view characters) noexcept {
    skip(text, characters);
    return text.substr(0, text.find_last_not_of(characters) + 1);
}

void skip(std::string_view& text, std::string_view characters) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

bool take(std::string_view& text, char character) noexcept {
    if (!text.starts_with(character))
        return false;
    text.remove_prefix(1);
    return true;
}

std::string lower_case(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 100;
    return fmt::format("'{}{}'", printable(text.substr(0, longest)), text.size() > longest ? "…" : "");
}

bool is_port(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_host(std::string_view text) noexcept {
    static constexpr auto excluded = [] {
        std::array<bool, 256> table{};
        std::fill_n(table.begin(), ' ' + 1, true);
        for (const char letter : std::string_view{"/?#@\\,<>\"\x7f"})
            table[static_cast<unsigned char>(letter)] = true;
        return table;
    }();
    return std::none_of(text.begin(), text.end(),
                        [](char letter) { return excluded[static_cast<unsigned char>(letter)]; });
}

void add_vary(Response& response, std::string_view names) {
    const auto* const vary = response.find("Vary");
    if (vary == nullptr || vary->empty())
        return response.set("Vary", names);
    response.set("Vary", std::string{*vary}.append(", ").append(names));
}

} // namespace portrait::http
