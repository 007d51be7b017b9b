#pragma once

#include "localization/language.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// One language of a multi-language value.
struct LanguageText {
    std::string_view key; ///< two letters as written, such as `US`
    std::string text;
};

/// Parses `US:"Photo";NO:"Bilde"`: keys of two letters, a colon and a quoted text, separated by `;`, with
/// blanks around the separators and a last `;` allowed. A doubled quote is a quote; a backslash is no escape
/// (the vendor documents none). Absent for any other string. Keys are views into `value`.
std::optional<std::vector<LanguageText>> parse_multi_language_value(std::string_view value);

/// Chooses the text of the first of the languages that the value has, otherwise the English one, otherwise
/// the first. Returns other values unchanged, and every value when there are no languages.
std::string resolve_multi_language_value(std::string_view value, const WantedLanguages& languages);

} // namespace portrait::http
