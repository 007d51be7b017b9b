#pragma once

#include <portrait/http/problem.hpp>
#include <portrait/image_info.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

inline constexpr std::string_view json_content_type = "application/json; charset=utf-8";

/// A moment as ISO 8601 in UTC, whole seconds: `2026-11-23T16:05:00Z`.
std::string iso_date_time(Timestamp moment);

/// The contract's error object (section 6).
std::string error_json(const Problem& problem);

/// The contract's BlobEntity (section 3). Null: the entity of a person without a picture, every property
/// empty.
std::string blob_entity_json(const ImageInfo* info);

} // namespace portrait::http
