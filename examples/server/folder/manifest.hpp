#pragma once

#include "terminal/console.hpp"

#include <portrait/error.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace portrait_server {

inline constexpr const char* manifest_name = "manifest.jsonl";

/// Bytes of a line; the longest texts of an ImageInfo take less.
inline constexpr std::size_t max_manifest_line = 64UL * 1024;

/// Bytes of a picture that is read.
inline constexpr std::uint64_t largest_picture = std::numeric_limits<std::int32_t>::max();

/// One line of an export's manifest: a person's picture and its ImageInfo.
struct ManifestEntry {
    portrait::PersonId person_id;
    std::optional<std::string> person_name;
    std::string file; ///< a name without a folder; beside the manifest
    portrait::ImageInfo info;
};

/// The first line of a manifest: the moment of the store that the export shows, and the version of the
/// format. Manifests of earlier versions have none.
std::string manifest_head(const portrait::ExportMoment& exported);

/// The moment of a manifest's first line; absent when the line is of a picture. Refuses a format of a newer
/// version.
[[nodiscard]] Outcome<std::optional<portrait::ExportMoment>> parse_manifest_head(std::string_view line);

/// Formats a line of JSON, with its end. Times are milliseconds since 1970-01-01 UTC.
std::string manifest_line(const ManifestEntry& entry);

/// Parses a line. Refuses names and times that an ImageInfo can't have; its texts are checked by the service.
[[nodiscard]] Outcome<ManifestEntry> parse_manifest_line(std::string_view line);

/// Reads the picture of an entry in the folder of its manifest, and compares it with the entry's size and
/// digest.
[[nodiscard]] portrait::result<portrait::ImageBytes> read_picture(int folder, const ManifestEntry& entry);

} // namespace portrait_server
