#pragma once

#include <portrait/http/message.hpp>
#include <portrait/image_info.hpp>
#include <portrait/precondition.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::http {

/// What a writing request demands by If-Match, If-None-Match and If-Unmodified-Since (contract section 6),
/// for the store to decide. Tags count by their version part: the tag of a picture and that of its ImageInfo
/// say the same. If-Match compares strongly, so weak tags match nothing; If-None-Match weakly. Malformed
/// dates are ignored.
Precondition write_precondition(const RequestHead& head);

enum class ReadCondition {
    proceed,
    not_modified,        ///< 304
    precondition_failed, ///< 412
};

/// What the conditions of a GET or HEAD come to, in RFC 9110's order of precedence (section 13.2.2), for a
/// picture that exists. `current_tag` is the ETag that the answer would have. If-None-Match compares weakly
/// with that whole tag, If-Match strongly by the version part, dates in whole seconds.
ReadCondition read_condition(const RequestHead& head, const ImageInfo& info, std::string_view current_tag);

/// Whether a Range may be honoured: there is no If-Range, or it names the answer's ETag (strongly) or its
/// exact Last-Modified. False means the whole representation.
bool range_applies(const RequestHead& head, std::string_view current_tag, Timestamp last_modified);

/// The fields of a request that decide about the answer to a read; kept when the answer comes later than the
/// head.
class ConditionalFields {
public:
    ConditionalFields() = default;
    explicit ConditionalFields(const RequestHead& head);

    /// A head with these fields and nothing else; a view into this object.
    RequestHead head() const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

} // namespace portrait::http
