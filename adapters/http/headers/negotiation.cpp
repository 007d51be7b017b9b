#include "headers/negotiation.hpp"

#include "headers/field_syntax.hpp"

#include <algorithm>

namespace portrait::http {
namespace {

/// By `ResponseType`.
constexpr std::array<std::string_view, response_types.size() + 1> content_types{
    "application/json; charset=utf-8",
    "text/json; charset=utf-8",
    "application/xml; charset=utf-8",
    "text/xml; charset=utf-8",
    "application/json-patch+json; charset=utf-8",
    "application/merge-patch+json; charset=utf-8",
    "text/html; charset=utf-8"};

constexpr auto media_types = [] {
    auto types = content_types;
    for (auto& type : types)
        type.remove_suffix(std::string_view{"; charset=utf-8"}.size());
    return types;
}();

/// Takes the text before the next separator outside of quoted-strings, and the separator.
std::string_view take_until(std::string_view& text, char separator) noexcept {
    bool quoted = false;
    std::size_t index = 0;
    for (; index < text.size() && (quoted || text[index] != separator); ++index) {
        if (quoted && text[index] == '\\')
            ++index;
        else if (text[index] == '"')
            quoted = !quoted;
    }
    const auto taken = text.substr(0, std::min(index, text.size()));
    text.remove_prefix(std::min(index + 1, text.size()));
    return trimmed(taken);
}

/// Reads RFC 9110's `qvalue`, 0 to 1 with at most three decimals, in thousandths. Absent when malformed.
std::optional<unsigned> quality_of(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.'))
        return std::nullopt;
    unsigned quality = text[0] == '1' ? 1000 : 0;
    unsigned weight = 100;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!is_digit(digit))
            return std::nullopt;
        quality += weight * static_cast<unsigned>(digit - '0');
        weight /= 10;
    }
    return quality <= 1000 ? std::optional{quality} : std::nullopt;
}

bool is_utf8_charset(std::string_view value) noexcept {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return equal_ignoring_case(value, "utf-8") || equal_ignoring_case(value, "utf8") || value == "*";
}

struct MediaRange {
    std::string_view type;    ///< such as `text` or `*`
    std::string_view subtype; ///< such as `xml` or `*`
    unsigned quality = 1000;  ///< in thousandths
};

/// Absent when the member is malformed or names a charset that no answer has.
std::optional<MediaRange> media_range_of(std::string_view member) noexcept {
    const auto name = take_until(member, ';');
    const auto slash = name.find('/');
    if (slash == std::string_view::npos)
        return std::nullopt;
    MediaRange range{.type = name.substr(0, slash), .subtype = name.substr(slash + 1)};
    while (!member.empty()) {
        const auto parameter = take_until(member, ';');
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto value = parameter.substr(equals + 1);
        if (equal_ignoring_case(parameter.substr(0, equals), "q")) {
            const auto quality = quality_of(value);
            if (!quality)
                return std::nullopt;
            range.quality = *quality;
        } else if (equal_ignoring_case(parameter.substr(0, equals), "charset") && !is_utf8_charset(value)) {
            return std::nullopt;
        }
    }
    return range;
}

/// How exactly a range names a type.
enum class Exactness { none, any, type, exact };

Exactness exactness(const MediaRange& range, std::string_view name) noexcept {
    const auto slash = name.find('/');
    if (range.type == "*")
        return range.subtype == "*" ? Exactness::any : Exactness::none;
    if (!equal_ignoring_case(range.type, name.substr(0, slash)))
        return Exactness::none;
    if (range.subtype == "*")
        return Exactness::type;
    return equal_ignoring_case(range.subtype, name.substr(slash + 1)) ? Exactness::exact : Exactness::none;
}

/// The most exact member so far that names one type, the first of those.
struct Preference {
    Exactness exactness = Exactness::none;
    unsigned quality = 0;
    std::size_t position = 0;

    bool operator<(const Preference& other) const noexcept {
        return std::tie(quality, exactness, other.position) <
               std::tie(other.quality, other.exactness, position);
    }
};

} // namespace

std::string_view content_type(ResponseType type) noexcept {
    return content_types[static_cast<std::size_t>(type)];
}

std::string_view media_type(ResponseType type) noexcept {
    return media_types[static_cast<std::size_t>(type)];
}

std::optional<std::size_t> best_offer(const RequestHead& head,
                                      std::span<const std::string_view> offers) noexcept {
    offers = offers.first(std::min(offers.size(), max_offers));
    std::array<Preference, max_offers> all{};
    const auto preferences = std::span{all}.first(offers.size());
    std::size_t position = 0;
    for (const auto& field : head.fields) {
        if (!equal_ignoring_case(field.name, "Accept"))
            continue;
        for (auto rest = field.value; !rest.empty(); ++position) {
            const auto range = media_range_of(take_until(rest, ','));
            for (std::size_t index = 0; range && index < offers.size(); ++index)
                if (const auto named = exactness(*range, offers[index]); named > preferences[index].exactness)
                    preferences[index] = {
                        .exactness = named, .quality = range->quality, .position = position};
        }
    }
    const auto best = std::max_element(preferences.begin(), preferences.end()); // the first of equal ones
    if (best == preferences.end() || best->quality == 0)
        return std::nullopt;
    return static_cast<std::size_t>(best - preferences.begin());
}

NegotiatedTypes negotiate(const RequestHead& head) noexcept {
    constexpr std::span offers{media_types};
    const auto best = static_cast<ResponseType>(best_offer(head, offers).value_or(0));
    if (best != ResponseType::text_html)
        return {.document = best, .refusal = best};
    const auto document = best_offer(head, offers.first(response_types.size())).value_or(0);
    return {.document = response_types[document], .refusal = best};
}

} // namespace portrait::http
