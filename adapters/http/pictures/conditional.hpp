#pragma once

#include <portrait/clock.hpp>
#include <portrait/http/message.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/precondition.hpp>

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The parts of validators that aren't in an ImageInfo.
struct ValidatorContext {
    std::string epoch{}; ///< `ImageStore::epoch`
    Timestamp now{};
};

/// The strong ETag of a version, quotes included (contract section 6): `"5d0c.167.5.3"` for the picture in a
/// store of the epoch `5d0c`, `"167.5.3"` in a store without one. `epoch` is for versions that have none. Its
/// ImageInfo has a suffix, since its bytes differ: `"5d0c.167.5.3-info"` in JSON, `"5d0c.167.5.3-info-xml"`
/// in XML.
std::string entity_tag(std::string_view epoch, const ImageVersion& version, std::string_view suffix = "");

/// The ETag of a rendition with a format: `"5d0c.167.5.3-180x-jpg-8.14.1-2"` is scaled to a width of 180, by
/// a renderer of the revision `8.14.1-2`.
std::string entity_tag(std::string_view epoch, const ImageVersion& version, const Rendition& rendition,
                       std::string_view revision);
/// The ETag of a placeholder, which has no version: `"blank-2-180x180-png-8.14.1-2"`.
std::string entity_tag(Placeholder placeholder, const Rendition& rendition, std::string_view revision);

/// A tag of a client's list; the view is into the list.
struct EntityTag {
    bool weak = false;
    std::string_view opaque; ///< without the quotes

    /// Compares weakly (RFC 9110 section 8.8.3.2) with a strong tag of ours, which has its quotes.
    bool equals(std::string_view current) const noexcept {
        return current.size() == opaque.size() + 2 && current.substr(1, opaque.size()) == opaque;
    }
};

/// Parses exactly one entity tag, such as `"1"` or `W/"1"`. Absent when malformed.
std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept;

/// The version in an opaque tag with any suffix. Absent for a tag that `entity_tag` doesn't make in this
/// epoch.
std::optional<ImageVersion> version_of_entity_tag(std::string_view opaque, std::string_view epoch);

/// Further members of a list are ignored.
inline constexpr std::size_t max_entity_tags = 1000;

/// The value of a field as `RequestHead::joined` returns it, without a copy when there is one field of the
/// name: a view of the head or of `memory`.
std::string_view joined_value(const RequestHead& head, std::string_view name, std::string& memory);

/// The value of If-Match or If-None-Match.
struct EntityTagList {
    bool any = false; ///< the value is `*`
    boost::container::small_vector<EntityTag, 4> tags;

    /// Compares as `EntityTag::equals`.
    bool has(std::string_view current) const noexcept {
        return std::any_of(tags.begin(), tags.end(),
                           [&](const EntityTag& tag) { return tag.equals(current); });
    }
};

/// Parses a list and skips members that are no entity tags. The tags are views into `value`. Linear in the
/// value's length.
EntityTagList parse_entity_tags(std::string_view value);

/// The If-Match, If-None-Match and If-Unmodified-Since of a writing request (contract section 6), for the
/// store to decide. Only the epoch and the version of a tag count, so the tags of a picture and of its
/// ImageInfo are equal. If-Match compares strongly, so weak tags match nothing; If-None-Match weakly.
/// Malformed dates are ignored.
Precondition write_precondition(const RequestHead& head, std::string_view epoch);

enum class ReadCondition {
    proceed,
    not_modified,        ///< 304
    precondition_failed, ///< 412
};

/// Evaluates the conditions of a GET or HEAD in RFC 9110's order of precedence (section 13.2.2), for a
/// picture that exists. `current_tag` is the ETag of the answer. If-None-Match compares the whole tag weakly,
/// If-Match the epoch and the version strongly, dates as `ImageInfo::is_unmodified_since`.
ReadCondition read_condition(const RequestHead& head, const ImageInfo& info, std::string_view current_tag,
                             const ValidatorContext& context);

/// The Last-Modified of an answer; absent while the second of the last change is not over.
std::optional<std::chrono::sys_seconds> last_modified(const ImageInfo& info, const ValidatorContext& context);

/// Whether a Range may be honoured: for GET alone, if If-Range is absent or names the answer's ETag
/// (strongly) or its exact Last-Modified.
bool range_applies(const RequestHead& head, std::string_view current_tag,
                   std::optional<std::chrono::sys_seconds> last_modified);

/// A part of a picture, for a 206; without a length the range lies outside of the picture: 416.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0; ///< first + length is at most the size

    friend bool operator==(ByteRange, ByteRange) = default;
};

/// Applies a Range value (null: none was sent) to `size` bytes; absent: everything, for a 200. Honours one
/// range of bytes; ignores malformed values, other units and sets of ranges, as RFC 9110 section 14.2 allows.
std::optional<ByteRange> select_range(const std::string_view* value, std::uint64_t size);

/// The Content-Range of a 206 or 416: `bytes 0-99/1234` or `bytes */1234`.
std::string content_range(ByteRange range, std::uint64_t size);

} // namespace portrait::http
