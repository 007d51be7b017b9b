#pragma once

#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>
#include <portrait/limits.hpp>

#include <boost/json/object.hpp>
#include <boost/url/url_view.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portrait::http {

/// The form of an answer of bytes (contract section 7).
enum class BinaryForm {
    raw,      ///< as application/octet-stream
    picture,  ///< with the picture's own media type
    document, ///< base64 in the negotiated JSON or XML
};

/// The form that Accept asks for: raw when it is absent or leaves the choice, base64 when it accepts none.
BinaryForm negotiate_binary(const RequestHead& head) noexcept;

/// An answer of bytes in that form; `type` is for base64, `format` for the picture's own media type.
Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format);

/// The properties that `$select` leaves in an answer; empty: all.
using Selection = std::vector<std::string>;

/// Parses the value of `$select`: names separated by commas, blank ones skipped. Of a path such as
/// `CreatedBy/Name` the first name counts.
Selection parse_selection(std::string_view value);

/// Whether the selection names the property, in any case.
bool is_selected(const Selection& selection, std::string_view name);

/// The selected members of the document.
boost::json::object selected(const boost::json::object& document, const Selection& selection);

/// The head of an agent's call.
struct AgentRequest {
    BodyType body_type = BodyType::json;
    std::uint64_t body_limit = 0; ///< a picture of the largest size as base64, and 64 KiB
    BinaryForm binary_form = BinaryForm::raw;
    Selection selection;
};

/// Judges the head of a call: 413 for a declared length over the limit, 415 for the type of a body that the
/// call would read.
[[nodiscard]] ProblemOr<AgentRequest> judge_agent_call(const RequestHead& head,
                                                       const boost::urls::url_view& url, bool reads_body,
                                                       const Limits& limits);

/// Parses the query parameter blobEntityId; 400 when it is missing or not valid.
[[nodiscard]] ProblemOr<BlobId> blob_entity_id_of(const boost::urls::url_view& url);

} // namespace portrait::http
