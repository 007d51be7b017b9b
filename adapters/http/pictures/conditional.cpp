#include "pictures/conditional.hpp"

#include "headers/http_date.hpp"
#include "pictures/entity_tag.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace portrait::http {

namespace {

enum class Comparison { strong, weak };

/// The versions that the field's tags name; other servers' tags name none. Absent without such a field.
std::optional<VersionCondition> version_condition(const RequestHead& head, std::string_view name,
                                                  Comparison comparison) {
    if (head.find(name) == nullptr)
        return std::nullopt;
    const auto value = head.joined(name);
    const auto list = parse_entity_tags(value);
    VersionCondition condition;
    condition.any = list.any;
    for (const auto& tag : list.tags) {
        if (tag.weak && comparison == Comparison::strong)
            continue;
        if (const auto version = version_of_entity_tag(tag.opaque))
            condition.versions.push_back(*version);
    }
    return condition;
}

/// Absent without exactly one such field, and for a malformed date.
std::optional<Timestamp> date_of(const RequestHead& head, std::string_view name) {
    if (head.find(name) == nullptr)
        return std::nullopt;
    return parse_http_date(head.joined(name));
}

bool modified_since(const ImageInfo& info, Timestamp date) {
    return std::chrono::floor<std::chrono::seconds>(info.last_modified()) > date;
}

bool matches_weakly(const RequestHead& head, std::string_view current_tag) {
    const auto value = head.joined("If-None-Match");
    const auto list = parse_entity_tags(value);
    return list.any || std::any_of(list.tags.begin(), list.tags.end(),
                                   [&](const EntityTag& tag) { return tag.weakly_equals(current_tag); });
}

} // namespace

Precondition write_precondition(const RequestHead& head) {
    Precondition precondition;
    precondition.if_match = version_condition(head, "If-Match", Comparison::strong);
    precondition.if_none_match = version_condition(head, "If-None-Match", Comparison::weak);
    precondition.if_unmodified_since = date_of(head, "If-Unmodified-Since");
    return precondition;
}

ReadCondition read_condition(const RequestHead& head, const ImageInfo& info, std::string_view current_tag) {
    if (const auto if_match = version_condition(head, "If-Match", Comparison::strong)) {
        const auto version = info.version();
        if (!if_match->holds(&version))
            return ReadCondition::precondition_failed;
    } else if (const auto date = date_of(head, "If-Unmodified-Since"); date && modified_since(info, *date)) {
        return ReadCondition::precondition_failed;
    }

    if (head.find("If-None-Match") != nullptr)
        return matches_weakly(head, current_tag) ? ReadCondition::not_modified : ReadCondition::proceed;
    if (const auto date = date_of(head, "If-Modified-Since"); date && !modified_since(info, *date))
        return ReadCondition::not_modified;
    return ReadCondition::proceed;
}

bool range_applies(const RequestHead& head, std::string_view current_tag, Timestamp last_modified) {
    if (head.find("If-Range") == nullptr)
        return true;
    const auto value = head.joined("If-Range");
    if (const auto tag = parse_entity_tag(value))
        return tag->strongly_equals(current_tag);
    const auto date = parse_http_date(value);
    return date && *date == std::chrono::floor<std::chrono::seconds>(last_modified);
}

} // namespace portrait::http
