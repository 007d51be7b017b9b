#pragma once

#include <portrait/http/message.hpp>
#include <portrait/image_info.hpp>
#include <portrait/precondition.hpp>

#include <string_view>

namespace portrait::http {

/// The If-Match, If-None-Match and If-Unmodified-Since of a writing request (contract section 6), for the
/// store to decide. Only the version part of a tag counts, so the tags of a picture and of its ImageInfo are
/// equal. If-Match compares strongly, so weak tags match nothing; If-None-Match weakly. Malformed dates are
/// ignored.
Precondition write_precondition(const RequestHead& head);

enum class ReadCondition {
    proceed,
    not_modified,        ///< 304
    precondition_failed, ///< 412
};

/// Evaluates the conditions of a GET or HEAD in RFC 9110's order of precedence (section 13.2.2), for a
/// picture that exists. `current_tag` is the ETag of the answer. If-None-Match compares the whole tag weakly,
/// If-Match the version part strongly, dates in whole seconds.
ReadCondition read_condition(const RequestHead& head, const ImageInfo& info, std::string_view current_tag);

/// Whether a Range may be honoured: If-Range is absent, or names the answer's ETag (strongly) or its exact
/// Last-Modified.
bool range_applies(const RequestHead& head, std::string_view current_tag, Timestamp last_modified);

} // namespace portrait::http
