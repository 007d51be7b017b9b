#pragma once

#include <portrait/error.hpp>
#include <portrait/image_info.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portrait_server {

inline constexpr const char* manifest_name = "manifest.jsonl";

/// One line of an export's manifest: a person's picture and its ImageInfo.
struct ManifestEntry {
    portrait::PersonId person_id;
    std::optional<std::string> person_name;
    std::string file; ///< beside the manifest: a plain name
    portrait::ImageInfo info;
};

/// One line of JSON, its end included. Times are milliseconds since 1970-01-01 UTC.
std::string manifest_line(const ManifestEntry& entry);

/// The entry of a line. The error's message tells what is wrong with it.
[[nodiscard]] portrait::result<ManifestEntry> parse_manifest_line(std::string_view line);

} // namespace portrait_server
