#pragma once

#include <optional>
#include <string_view>

namespace portrait::http {

/// How a body that is no picture is written (contract section 3).
enum class BodyType { json, xml, form, json_patch, merge_patch };

/// The type that a Content-Type names. Absent for any other type, for none at all, and for a charset other
/// than utf-8 (or us-ascii, which is part of it): all of those are 415.
std::optional<BodyType> body_type_of(const std::string_view* content_type);

/// The list that a 415 names in its Accept field.
std::string_view accepted_body_types() noexcept;

/// The same for the Accept-Patch field (RFC 5789) of a PATCH.
std::string_view accepted_patch_types() noexcept;

} // namespace portrait::http
