#pragma once

#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The answer of a tag; each has a suffix of its own, since their bytes differ (contract section 6).
enum class Representation { image, info, info_xml };

/// The strong ETag of a version, quotes included: `"167.5.3"` for the picture, `"167.5.3-info"` for its
/// ImageInfo in JSON, `"167.5.3-info-xml"` for its ImageInfo in XML.
std::string entity_tag(const ImageVersion& version, Representation representation = Representation::image);

/// The ETag of a rendition with a format: `"167.5.3-180x-jpeg"` is scaled to a width of 180.
std::string entity_tag(const ImageVersion& version, const Rendition& rendition);
/// The ETag of a placeholder, which has no version: `"blank-2-180x180-png"`.
std::string entity_tag(Placeholder placeholder, const Rendition& rendition);

/// A tag of a client's list; the view is into the list.
struct EntityTag {
    bool weak = false;
    std::string_view opaque; ///< without the quotes

    /// Whether both are strong and equal (RFC 9110 section 8.8.3.2). `current` has its quotes.
    bool strongly_equals(std::string_view current) const noexcept;
    /// Whether both are equal, weak or strong.
    bool weakly_equals(std::string_view current) const noexcept;
};

/// Parses exactly one entity tag, such as `"1"` or `W/"1"`. Absent when malformed.
std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept;

/// The version in an opaque tag with any suffix. Absent for a tag that `entity_tag` doesn't make.
std::optional<ImageVersion> version_of_entity_tag(std::string_view opaque) noexcept;

/// Further members of a list are ignored.
inline constexpr std::size_t max_entity_tags = 1000;

/// The value of If-Match or If-None-Match.
struct EntityTagList {
    bool any = false; ///< the value is `*`
    std::vector<EntityTag> tags;
};

/// Parses a list and skips members that are no entity tags. The tags are views into `value`. Linear in the
/// value's length.
EntityTagList parse_entity_tags(std::string_view value);

} // namespace portrait::http
