#pragma once

#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Which answer a tag belongs to; each has a suffix of its own, since their bytes differ (contract section
/// 6).
enum class Representation { image, info, info_xml };

/// The strong ETag of a version, quotes included: `"167.5.3"` for the picture, `"167.5.3-info"` for its
/// ImageInfo in JSON, `"167.5.3-info-xml"` for the same in XML.
std::string entity_tag(const ImageVersion& version, Representation representation = Representation::image);

/// That of a rendition, whose format is given: `"167.5.3-180x-jpeg"` is scaled to a width of 180.
std::string entity_tag(const ImageVersion& version, const Rendition& rendition);
/// That of a placeholder, which is no version of anything: `"blank-2-180x180-png"`.
std::string entity_tag(Placeholder placeholder, const Rendition& rendition);

/// A tag of a client's list; the view is into the list.
struct EntityTag {
    bool weak = false;
    std::string_view opaque; ///< without the quotes

    /// RFC 9110 section 8.8.3.2: both strong, and the same. `current` has its quotes, as `entity_tag` gives
    /// it.
    bool strongly_equals(std::string_view current) const noexcept;
    /// The same, whether weak or strong.
    bool weakly_equals(std::string_view current) const noexcept;
};

/// One entity tag and nothing else, such as `"1"` or `W/"1"`. Absent when malformed.
std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept;

/// The version that an opaque tag names, whatever its suffix. Absent when it is none of ours.
std::optional<ImageVersion> version_of_entity_tag(std::string_view opaque) noexcept;

/// No more members of a list are looked at.
inline constexpr std::size_t max_entity_tags = 1000;

/// The value of If-Match or If-None-Match.
struct EntityTagList {
    bool any = false; ///< the value is `*`
    std::vector<EntityTag> tags;
};

/// Reads a list. Members that are not entity tags are skipped, so a list of nothing else matches nothing. The
/// tags are views into `value`. Linear in the value's length.
EntityTagList parse_entity_tags(std::string_view value);

} // namespace portrait::http
