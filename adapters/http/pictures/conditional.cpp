#include "pictures/conditional.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>

namespace portrait::http {
namespace {

constexpr bool is_tag_character(char character) noexcept {
    const auto byte = static_cast<unsigned char>(character);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

constexpr std::string_view separators = ", \t";

/// Removes a tag from the front, if there is one.
std::optional<EntityTag> take_entity_tag(std::string_view& text) noexcept {
    EntityTag tag{.weak = text.starts_with("W/"), .opaque = {}};
    auto rest = text.substr(tag.weak ? 2 : 0);
    if (!take(rest, '"'))
        return std::nullopt;
    tag.opaque = rest.substr(0, rest.find('"'));
    if (tag.opaque.size() == rest.size() ||
        !std::all_of(tag.opaque.begin(), tag.opaque.end(), is_tag_character))
        return std::nullopt;
    text = rest.substr(tag.opaque.size() + 1);
    return tag;
}

/// Removes a number from the front, if there is one without leading zeros: another spelling is another tag.
std::optional<std::int64_t> take_number(std::string_view& text) noexcept {
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(digits.size());
    return digits.size() > 1 && digits.front() == '0' ? std::nullopt : parse_number<std::int64_t>(digits);
}

bool ends_member(std::string_view rest) noexcept {
    return rest.empty() || separators.find(rest.front()) != std::string_view::npos;
}

/// Such as `180x-jpeg`.
std::string name_of(const Rendition& rendition, std::string_view revision) {
    const auto side = [](std::optional<std::uint32_t> pixels) {
        return pixels ? fmt::format_int{*pixels}.str() : std::string{};
    };
    const std::string_view crop = rendition.fit == Fit::cover       ? "c"
                                  : rendition.fit == Fit::attention ? "a"
                                                                    : "";
    return fmt::format(FMT_COMPILE("{}x{}{}-{}{}{}"), side(rendition.width), side(rendition.height), crop,
                       file_extension(rendition.format.value_or(ImageFormat::png)),
                       revision.empty() ? "" : "-", revision.empty() ? "" : revision); // perhaps null
}

enum class Comparison { strong, weak };

/// The versions that the field's tags name; tags of other servers and epochs name none. Absent without such a
/// field.
std::optional<VersionCondition> version_condition(const RequestHead& head, std::string_view name,
                                                  Comparison comparison, std::string_view epoch) {
    if (head.find(name) == nullptr)
        return std::nullopt;
    std::string memory;
    const auto list = parse_entity_tags(joined_value(head, name, memory));
    VersionCondition condition;
    condition.any = list.any;
    for (const auto& tag : list.tags) {
        if (tag.weak && comparison == Comparison::strong)
            continue;
        if (const auto version = version_of_entity_tag(tag.opaque, epoch))
            condition.versions.push_back(*version);
    }
    return condition;
}

/// Absent without exactly one such field, and for a malformed date.
std::optional<std::chrono::sys_seconds> date_of(const RequestHead& head, std::string_view name) {
    if (head.find(name) == nullptr)
        return std::nullopt;
    std::string memory;
    const auto date = parse_http_date(joined_value(head, name, memory));
    return date ? std::optional{std::chrono::floor<std::chrono::seconds>(*date)} : std::nullopt;
}

constexpr auto largest_position = std::numeric_limits<std::uint64_t>::max();

/// Parses decimal digits; a number that is too large becomes the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
        return std::nullopt;
    return error == std::errc::result_out_of_range ? largest_position : value;
}

} // namespace

std::string entity_tag(std::string_view epoch, const ImageVersion& version, std::string_view suffix) {
    if (!version.epoch.empty())
        epoch = version.epoch;
    constexpr std::size_t longest_numbers = 64; // with their separators and the quotes
    std::string tag;
    tag.reserve(epoch.size() + longest_numbers + suffix.size());
    fmt::format_to(std::back_inserter(tag), FMT_COMPILE("\"{}{}{}.{}.{}{}\""), epoch,
                   epoch.empty() ? "" : ".", version.blob_id.value(), version.blob_version,
                   version.link_version, suffix);
    return tag;
}

std::string entity_tag(std::string_view epoch, const ImageVersion& version, const Rendition& rendition,
                       std::string_view revision) {
    return entity_tag(epoch, version, '-' + name_of(rendition, revision));
}

std::string entity_tag(Placeholder placeholder, const Rendition& rendition, std::string_view revision) {
    return fmt::format("\"blank-{}-{}\"", static_cast<int>(placeholder), name_of(rendition, revision));
}

std::string_view joined_value(const RequestHead& head, std::string_view name, std::string& memory) {
    if (head.count(name) == 1)
        return *head.find(name);
    memory = head.joined(name);
    return memory;
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept {
    const auto tag = take_entity_tag(text);
    return text.empty() ? tag : std::nullopt;
}

std::optional<ImageVersion> version_of_entity_tag(std::string_view opaque, std::string_view epoch) {
    if (!epoch.empty()) {
        if (!opaque.starts_with(epoch))
            return std::nullopt;
        opaque.remove_prefix(epoch.size());
        if (!take(opaque, '.'))
            return std::nullopt;
    }
    const auto blob = take_number(opaque);
    const auto blob_version = take(opaque, '.') ? take_number(opaque) : std::nullopt;
    const auto link_version = take(opaque, '.') ? take_number(opaque) : std::nullopt;
    const bool is_followed = !opaque.empty() && (opaque.front() != '-' || opaque.size() == 1);
    if (!blob || !blob_version || !link_version || is_followed)
        return std::nullopt;
    const auto blob_id = BlobId::from(*blob);
    if (!blob_id)
        return std::nullopt;
    return ImageVersion{*blob_id, *blob_version, *link_version, std::string{epoch}};
}

EntityTagList parse_entity_tags(std::string_view value) {
    EntityTagList list;
    bool star = false;
    bool others = false;
    for (skip(value, separators); !value.empty(); skip(value, separators)) {
        if (list.tags.size() == max_entity_tags)
            break;
        if (take(value, '*') && ends_member(value)) {
            star = true;
            continue;
        }
        others = true;
        const auto tag = take_entity_tag(value);
        if (tag && ends_member(value))
            list.tags.push_back(*tag);
        else
            value.remove_prefix(std::min(value.find(','), value.size()));
    }
    list.any = star && !others;
    return list;
}

Precondition write_precondition(const RequestHead& head, std::string_view epoch) {
    Precondition precondition;
    precondition.if_match = version_condition(head, "If-Match", Comparison::strong, epoch);
    precondition.if_none_match = version_condition(head, "If-None-Match", Comparison::weak, epoch);
    precondition.if_unmodified_since = date_of(head, "If-Unmodified-Since");
    return precondition;
}

ReadCondition read_condition(const RequestHead& head, const ImageInfo& info, std::string_view current_tag,
                             const ValidatorContext& context) {
    if (const auto if_match = version_condition(head, "If-Match", Comparison::strong, context.epoch)) {
        const auto version = info.version();
        if (!if_match->holds(&version))
            return ReadCondition::precondition_failed;
    } else if (const auto date = date_of(head, "If-Unmodified-Since");
               date && !info.is_unmodified_since(*date, context.now)) {
        return ReadCondition::precondition_failed;
    }

    if (head.find("If-None-Match") != nullptr) {
        std::string memory;
        const auto list = parse_entity_tags(joined_value(head, "If-None-Match", memory));
        return list.any || list.has(current_tag) ? ReadCondition::not_modified : ReadCondition::proceed;
    }
    if (const auto date = date_of(head, "If-Modified-Since");
        date && info.is_unmodified_since(*date, context.now))
        return ReadCondition::not_modified;
    return ReadCondition::proceed;
}

std::optional<std::chrono::sys_seconds> last_modified(const ImageInfo& info,
                                                      const ValidatorContext& context) {
    return info.has_settled(context.now) ? info.last_modified : std::nullopt;
}

bool range_applies(const RequestHead& head, std::string_view current_tag,
                   std::optional<std::chrono::sys_seconds> last_modified) {
    if (head.method == "HEAD") // RFC 9110 section 14.2
        return false;
    if (head.find("If-Range") == nullptr)
        return true;
    std::string memory;
    const auto value = joined_value(head, "If-Range", memory);
    if (const auto tag = parse_entity_tag(value))
        return !tag->weak && tag->equals(current_tag);
    const auto date = parse_http_date(value);
    return date && last_modified && *date == *last_modified;
}

std::optional<ByteRange> select_range(const std::string_view* value, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (value == nullptr || !equal_ignoring_case(value->substr(0, unit.size()), unit))
        return std::nullopt;
    const auto range = value->substr(unit.size());
    const auto dash = range.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto after = range.substr(dash + 1);
    const auto last = after.empty() && dash != 0 ? std::optional{largest_position} : parse_position(after);
    if (dash == 0) {
        // A 206 can't express the last bytes of an empty picture.
        if (!last || (size == 0 && *last != 0))
            return std::nullopt;
        const auto length = std::min(*last, size);
        return ByteRange{size - length, length};
    }
    const auto first = parse_position(range.substr(0, dash));
    if (!first || !last || *last < *first)
        return std::nullopt;
    if (*first >= size)
        return ByteRange{};
    return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

std::string content_range(ByteRange range, std::uint64_t size) {
    if (range.length == 0)
        return fmt::format("bytes */{}", size);
    return fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, size);
}

} // namespace portrait::http
