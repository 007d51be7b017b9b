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

/// A string that is `US:"Photo";NO:"Bilde"` from end to end: a key of two letters, a colon and a quoted text,
/// one or more of them, separated by `;`, blanks around the separators and a last `;` allowed. Inside the
/// quotes everything stands for itself, the backslash too (the vendor documents no escape); a doubled quote
/// is a quote. Absent for any other string. Keys are views into `value`.
std::optional<std::vector<LanguageText>> parse_multi_language_value(std::string_view value);

/// What the wanted languages make of a value: the text of the first one that the value has, otherwise the
/// English one, otherwise the first. A value that is no multi-language value stays as it is, and so does
/// every value when no language is wanted.
std::string resolve_multi_language_value(std::string_view value, const WantedLanguages& languages);

} // namespace portrait::http
