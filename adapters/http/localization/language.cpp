#include "localization/localization.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/message.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <functional>
#include <map>
#include <utility>

namespace portrait::http {
namespace {

constexpr std::size_t max_list_length = 1024;
constexpr std::size_t max_members = 32;
constexpr std::size_t max_tag_length = 35; // RFC 5646, section 4.4.1
constexpr int full_weight = 1000;

constexpr char upper(char letter) noexcept {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

struct Member {
    std::string tag;
    int weight = full_weight; ///< thousandths
};

/// A language range of RFC 4647 in lower case; an underscore counts as a hyphen. Empty when it is none.
std::string normalised_tag(std::string_view text) {
    if (text == "*" || text == "-")
        return std::string{text};
    if (text.empty() || text.size() > max_tag_length)
        return {};
    std::string tag;
    std::size_t part_length = 0;
    bool first_part = true;
    for (char character : text) {
        character = character == '_' ? '-' : lower(character);
        if (character == '-') {
            if (part_length == 0)
                return {};
            part_length = 0;
            first_part = false;
        } else {
            const bool fits = is_letter(character) || (!first_part && is_digit(character));
            if (!fits || ++part_length > 8)
                return {};
        }
        tag.push_back(character);
    }
    return part_length == 0 ? std::string{} : tag;
}

/// Reads `q=0.8`. Leaves the weight unchanged when the text is malformed.
void read_weight(std::string_view text, int& weight) noexcept {
    text = trimmed(text.substr(text.find('=') + 1));
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    // The first digit excludes signs, infinity and larger numbers.
    if (error == std::errc{} && end == text.data() + text.size() && (text[0] == '0' || text[0] == '1'))
        weight = static_cast<int>(std::min(value, 1.0) * full_weight);
}

std::vector<Member> members_of(std::string_view list) {
    std::vector<Member> members;
    bool weighable = false; // a weight here belongs to the last member
    list = list.substr(0, max_list_length);
    while (!list.empty() && members.size() < max_members) {
        const auto end = std::min(list.find_first_of(",;"), list.size());
        const auto piece = trimmed(list.substr(0, end));
        const bool starts_member = end < list.size() && list[end] == ',';
        list.remove_prefix(std::min(end + 1, list.size()));
        if (piece.find('=') != std::string_view::npos) {
            if (weighable && lower(piece.front()) == 'q')
                read_weight(piece, members.back().weight);
        } else if (auto tag = normalised_tag(piece); !tag.empty()) {
            members.push_back({std::move(tag), full_weight});
            weighable = true;
        } else if (!piece.empty()) {
            weighable = false;
        }
        if (starts_member)
            weighable = false;
    }
    return members;
}

constexpr std::size_t key_length = 2;

/// One language of a multi-language value.
struct LanguageText {
    std::string_view key; ///< two letters as written, such as `US`
    std::string text;
};

/// The languages whose keys are not their own two letters; beside them English, which has two.
struct CountryKey {
    std::string_view language;
    std::string_view key;
};
constexpr std::array<CountryKey, 5> country_keys{
    {{"nb", "NO"}, {"nn", "NO"}, {"de", "GE"}, {"sv", "SW"}, {"nl", "NE"}}};

/// The language of a key: `de` for `GE`, `no` for `NO`, whose text may be Bokmål or Nynorsk.
std::string language_of_key(std::string_view key) {
    if (equal_ignoring_case(key, "US") || equal_ignoring_case(key, "UK"))
        return "en";
    if (!equal_ignoring_case(key, "NO"))
        for (const auto& row : country_keys)
            if (equal_ignoring_case(row.key, key))
                return std::string{row.language};
    return {lower(key[0]), lower(key[1])};
}

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

/// Absent when the value is malformed; empty when it is blank.
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
    return entries;
}

} // namespace

LanguageList parse_languages(std::string_view value) {
    std::multimap<int, std::string, std::greater<>> by_weight; // keeps the order of equal weights
    for (auto& [tag, weight] : members_of(value))
        by_weight.emplace(weight, std::move(tag));
    LanguageList list;
    for (auto& [weight, tag] : by_weight) {
        if (weight == 0 || list.languages.size() == max_wanted_languages)
            break;
        if (tag == "*" || tag == "x" || tag == "-") {
            list.untranslated = list.languages.empty();
            break;
        }
        if (std::find(list.languages.begin(), list.languages.end(), tag) == list.languages.end())
            list.languages.push_back(std::move(tag));
    }
    return list;
}

WantedLanguages wanted_languages(const RequestHead& head) {
    for (const std::string_view name : {"SO-Language", "Accept-Language"}) {
        if (head.find(name) == nullptr)
            continue;
        auto list = parse_languages(head.joined(name));
        if (!list.languages.empty() || list.untranslated)
            return std::move(list.languages);
    }
    return {};
}

std::vector<std::string> superoffice_keys(std::string_view language) {
    const auto primary = language.substr(0, language.find('-'));
    if (primary.size() != 2)
        return {};
    if (primary == "en")
        return language == "en-gb" ? std::vector<std::string>{"UK", "US", "EN"}
                                   : std::vector<std::string>{"US", "UK", "EN"};
    const std::string own{upper(primary[0]), upper(primary[1])};
    for (const auto& row : country_keys)
        if (row.language == primary)
            return {std::string{row.key}, own};
    return {own};
}

ResolvedText resolve_multi_language_value(std::string_view value, const WantedLanguages& languages) {
    if (languages.empty() || value.find(":\"") == std::string_view::npos)
        return {std::string{value}, {}};
    auto entries = parse_multi_language_value(value);
    if (!entries || entries->empty())
        return {std::string{value}, {}};
    for (const auto& language : languages)
        if (auto* entry = find_key(*entries, superoffice_keys(language)))
            return {std::move(entry->text), language};
    if (auto* english = find_key(*entries, superoffice_keys("en")))
        return {std::move(english->text), "en"};
    return {std::move(entries->front().text), language_of_key(entries->front().key)};
}

} // namespace portrait::http
