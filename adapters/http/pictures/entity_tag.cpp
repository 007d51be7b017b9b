#include "pictures/entity_tag.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

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
    if (text.empty() || text.front() < '0' || text.front() > '9')
        return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || (text.front() == '0' && length > 1))
        return std::nullopt;
    text.remove_prefix(length);
    return value;
}

std::string_view suffix_of(Representation representation) noexcept {
    switch (representation) {
    case Representation::image: break;
    case Representation::info: return "-info";
    case Representation::info_xml: return "-info-xml";
    }
    return ""; // not {}: fmt passes the pointer of a compiled format's argument to memcpy
}

bool ends_member(std::string_view rest) noexcept {
    return rest.empty() || separators.find(rest.front()) != std::string_view::npos;
}

/// Such as `180x-jpeg`.
std::string name_of(const Rendition& rendition) {
    const auto side = [](std::optional<std::uint32_t> pixels) {
        return pixels ? fmt::format_int{*pixels}.str() : std::string{};
    };
    return fmt::format(FMT_COMPILE("{}x{}-{}"), side(rendition.width), side(rendition.height),
                       file_extension(rendition.format.value_or(ImageFormat::png)));
}

} // namespace

std::string entity_tag(const ImageVersion& version, Representation representation) {
    return fmt::format(FMT_COMPILE("\"{}.{}.{}{}\""), version.blob_id.value(), version.blob_version,
                       version.link_version, suffix_of(representation));
}

std::string entity_tag(const ImageVersion& version, const Rendition& rendition) {
    return fmt::format(FMT_COMPILE("\"{}.{}.{}-{}\""), version.blob_id.value(), version.blob_version,
                       version.link_version, name_of(rendition));
}

std::string entity_tag(Placeholder placeholder, const Rendition& rendition) {
    return fmt::format("\"blank-{}-{}\"", static_cast<int>(placeholder), name_of(rendition));
}

bool EntityTag::strongly_equals(std::string_view current) const noexcept {
    const auto other = parse_entity_tag(current);
    return other && !weak && !other->weak && opaque == other->opaque;
}

bool EntityTag::weakly_equals(std::string_view current) const noexcept {
    const auto other = parse_entity_tag(current);
    return other && opaque == other->opaque;
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept {
    const auto tag = take_entity_tag(text);
    return text.empty() ? tag : std::nullopt;
}

std::optional<ImageVersion> version_of_entity_tag(std::string_view opaque) noexcept {
    const auto blob = take_number(opaque);
    if (!blob || !take(opaque, '.'))
        return std::nullopt;
    const auto blob_version = take_number(opaque);
    if (!blob_version || !take(opaque, '.'))
        return std::nullopt;
    const auto link_version = take_number(opaque);
    if (!link_version || (!opaque.empty() && (opaque.front() != '-' || opaque.size() == 1)))
        return std::nullopt;
    const auto blob_id = BlobId::from(*blob);
    if (!blob_id)
        return std::nullopt;
    return ImageVersion{*blob_id, *blob_version, *link_version};
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

} // namespace portrait::http
