#include "localization/multi_language_value.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/message.hpp>

#include <cstddef>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::size_t key_length = 2;

/// Takes `US:"Photo"` off the front.
std::optional<LanguageText> take_language_text(std::string_view& value) {
    if (value.size() < key_length + 3 || !is_letter(value[0]) || !is_letter(value[1]) ||
        value.substr(key_length, 2) != ":\"")
        return std::nullopt;
    LanguageText entry{value.substr(0, key_length), {}};
    value.remove_prefix(key_length + 2);
    for (;;) {
        const auto quote = value.find('"');
        if (quote == std::string_view::npos)
            return std::nullopt;
        entry.text.append(value.substr(0, quote));
        value.remove_prefix(quote + 1);
        if (!take(value, '"'))
            return entry;
        entry.text.push_back('"');
    }
}

LanguageText* find_key(std::vector<LanguageText>& entries, const std::vector<std::string>& keys) {
    for (const auto& key : keys)
        for (auto& entry : entries)
            if (equal_ignoring_case(entry.key, key))
                return &entry;
    return nullptr;
}

} // namespace

std::optional<std::vector<LanguageText>> parse_multi_language_value(std::string_view value) {
    std::vector<LanguageText> entries;
    for (skip(value, white_space); !value.empty(); skip(value, white_space)) {
        auto entry = take_language_text(value);
        if (!entry)
            return std::nullopt;
        entries.push_back(std::move(*entry));
        skip(value, white_space);
        if (value.empty())
            break;
        if (!take(value, ';'))
            return std::nullopt;
    }
    if (entries.empty())
        return std::nullopt;
    return entries;
}

std::string resolve_multi_language_value(std::string_view value, const WantedLanguages& languages) {
    if (languages.empty() || value.find(":\"") == std::string_view::npos)
        return std::string{value};
    auto entries = parse_multi_language_value(value);
    if (!entries)
        return std::string{value};
    for (const auto& language : languages)
        if (auto* entry = find_key(*entries, superoffice_keys(language)))
            return std::move(entry->text);
    if (auto* english = find_key(*entries, superoffice_keys("en")))
        return std::move(english->text);
    return std::move(entries->front().text);
}

} // namespace portrait::http
