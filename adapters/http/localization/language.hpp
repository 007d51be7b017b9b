#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Which languages a request wants its strings in, the best one first, as lower-case tags such as `nb-no`;
/// none when strings are wanted as they are stored. Never more than `max_wanted_languages`, never the same
/// one twice.
using WantedLanguages = std::vector<std::string>;

inline constexpr std::size_t max_wanted_languages = 8;

/// What Accept-Language and SO-Language ask for (contract section 5). SO-Language counts alone when it names
/// anything; the values `*`, `x` and `-` say that nothing is to be translated. Never fails: members that are
/// no language tags, blank ones and malformed weights are skipped, `;` separates members as `,` does where no
/// weight follows, and no more than the first 1,024 characters of a value are read.
WantedLanguages wanted_languages(const RequestHead& head);

/// One list by itself. `untranslated` tells a list that asks for strings as they are stored from one without
/// any valid member.
struct LanguageList {
    WantedLanguages languages;
    bool untranslated = false;
};

LanguageList parse_languages(std::string_view value);

/// The keys that a language has in SuperOffice's multi-language values, the best one first: `nb-no` gives
/// `NO`, `en` gives `US` and `UK`, others give their own two letters. None for a tag whose first part is
/// longer than that.
std::vector<std::string> superoffice_keys(std::string_view language);

} // namespace portrait::http
