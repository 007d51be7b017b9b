#pragma once

#include <portrait/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The languages that a request accepts, the best one first, as lower-case tags such as `nb-no`; none for
/// strings as stored. At most `max_wanted_languages`, without duplicates.
using WantedLanguages = std::vector<std::string>;

inline constexpr std::size_t max_wanted_languages = 8;

/// Reads Accept-Language and SO-Language (contract section 5). A SO-Language with a valid member overrides
/// Accept-Language; the values `*`, `x` and `-` mean untranslated. Never fails: skips members that are no
/// language tags, blank ones and malformed weights; `;` separates members as `,` does where no weight
/// follows; reads only the first 1,024 characters of a value.
WantedLanguages wanted_languages(const RequestHead& head);

/// One field's list. `untranslated` distinguishes a list that asks for strings as stored from one without any
/// valid member.
struct LanguageList {
    WantedLanguages languages;
    bool untranslated = false;
};

LanguageList parse_languages(std::string_view value);

/// The keys of a language in SuperOffice's multi-language values, the best one first: `NO` for `nb-no`, `US`
/// and `UK` for `en`, otherwise the language's two letters. None for a tag whose first part is longer.
std::vector<std::string> superoffice_keys(std::string_view language);

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
