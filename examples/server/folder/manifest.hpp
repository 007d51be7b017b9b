#pragma once

#include "terminal/console.hpp"

#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace portrait_server {

inline constexpr const char* manifest_name = "manifest.jsonl";

/// Bytes of a line; the longest texts of an ImageInfo take less.
inline constexpr std::size_t max_manifest_line = 64UL * 1024;

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

} // namespace portrait_server
