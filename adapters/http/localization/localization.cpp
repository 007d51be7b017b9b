#include "localization/localization.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace portrait::http {
namespace {

/// No reference or encoded value has a longer text between its brackets.
constexpr std::size_t max_bracketed = 256;

bool is_reference(std::string_view text) noexcept {
    return text.starts_with("SR_") && std::all_of(text.begin(), text.end(), [](char character) {
               return is_alphanumeric(character) || character == '_';
           });
}

} // namespace

ProblemOr<Localization> Localization::of(const RequestHead& head, const LocalizationOptions& options) {
    Localization localization;
    localization.options_ = &options;
    localization.languages_ = wanted_languages(head);
    if (localization.translates() && head.find("SO-Culture") != nullptr)
        localization.cultures_ = parse_languages(head.joined("SO-Culture")).languages;
    auto zone = requested_time_zone(head);
    if (!zone)
        return zone.error();
    localization.zone_ = *std::move(zone);
    return localization;
}

ResolvedText Localization::resolve(std::string_view stored) const {
    auto resolved = resolve_multi_language_value(stored, languages_);
    if (translates() && resolved.text.find('[') != std::string::npos)
        resolve_brackets(resolved);
    return resolved;
}

std::string Localization::text(std::string_view stored) const {
    return resolve(stored).text;
}

void Localization::resolve_brackets(ResolvedText& resolved) const {
    std::optional<CultureFormatter> formatter;
    const auto whole = std::exchange(resolved.text, {});
    std::string_view text = whole;
    while (!text.empty()) {
        const auto open = std::min(text.find('['), text.size());
        resolved.text.append(text.substr(0, open));
        text.remove_prefix(open);
        if (text.empty())
            break;
        const auto close = text.substr(0, max_bracketed).find(']');
        const auto inside = close == std::string_view::npos ? std::string_view{} : text.substr(1, close - 1);
        std::optional<std::string> replacement;
        if (is_reference(inside)) {
            if (auto found = referenced_string(inside)) {
                replacement = std::move(found->text);
                if (resolved.language.empty())
                    resolved.language = std::move(found->language);
            }
        } else if (is_encoded_value(inside)) {
            if (!formatter) {
                auto cultures = cultures_;
                cultures.insert(cultures.end(), languages_.begin(), languages_.end());
                formatter.emplace(cultures);
            }
            replacement = formatter->format(inside);
        }
        resolved.text.append(replacement ? *replacement : "[");
        text.remove_prefix(replacement ? close + 1 : 1);
    }
}

std::optional<ResolvedText> Localization::referenced_string(std::string_view reference) const {
    if (!options_->strings)
        return std::nullopt;
    for (const auto& language : languages_)
        if (auto found = options_->strings(reference, language))
            return ResolvedText{*std::move(found), language};
    if (auto found = options_->strings(reference, "en"))
        return ResolvedText{*std::move(found), "en"};
    return std::nullopt;
}

std::string Localization::date(Timestamp moment) const {
    return render_date(moment, zone_, options_ != nullptr && options_->convert_dates);
}

std::string Localization::merge(std::string_view stored, std::string incoming) const {
    return translates() && incoming == text(stored) ? std::string{stored} : std::move(incoming);
}

void Localization::describe(Response& response, std::span<const std::string* const> texts) const {
    std::vector<std::string> returned;
    if (translates())
        for (const auto* const text : texts)
            if (auto language = resolve(*text).language;
                !language.empty() && std::find(returned.begin(), returned.end(), language) == returned.end())
                returned.push_back(std::move(language));
    if (!returned.empty())
        response.set("Content-Language", fmt::format("{}", fmt::join(returned, ", ")));
    if (!zone_.name.empty())
        response.set("SO-TimeZone", zone_.name);
    const bool converts = options_ != nullptr && options_->convert_dates;
    add_vary(response, converts ? "Accept-Language, SO-Language, SO-Culture, SO-TimeZone"
                                : "Accept-Language, SO-Language, SO-Culture");
}

std::string Localization::entity_tag(std::string tag) const {
    std::string variant;
    for (const auto& language : languages_)
        variant.append("+").append(language);
    for (const auto& culture : cultures_)
        variant.append("~").append(culture);
    if (options_ != nullptr && options_->convert_dates && !zone_.iana.empty())
        variant.append("@").append(zone_.iana).append(zone_.include_offset ? "@" : "");
    if (!variant.empty() && tag.ends_with('"'))
        tag.insert(tag.size() - 1, variant);
    return tag;
}

} // namespace portrait::http
