#pragma once

#include "headers/body_types.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/id.hpp>
#include <portrait/limits.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <boost/url/url_view.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace portrait::http {

/// How an answer that is bytes is given (contract section 7).
enum class BinaryForm {
    raw,      ///< as application/octet-stream
    picture,  ///< with the picture's own media type
    document, ///< base64 in the negotiated JSON or XML
};

/// What Accept asks of an answer that is bytes: raw when it says nothing or leaves the choice, base64 when
/// nothing is acceptable.
BinaryForm negotiate_binary(const RequestHead& head) noexcept;

/// The properties that `$select` leaves in an answer; all of them when it is empty.
using Selection = std::vector<std::string>;

/// The value of `$select`: names separated by commas, blank ones skipped. Of a path such as
/// `CreatedBy/Name` the first name counts.
Selection parse_selection(std::string_view value);

/// Whether the selection names the property, in any case.
bool is_selected(const Selection& selection, std::string_view name);

/// The members that the selection names, in any case; the others are left out.
boost::json::object selected(const boost::json::object& document, const Selection& selection);

/// A call of an agent as its head has it.
struct AgentRequest {
    BodyType body_type = BodyType::json;
    std::uint64_t body_limit = 0;
    BinaryForm binary_form = BinaryForm::raw;
    Selection selection;
};

/// The most bytes that a call's body may have: a picture of the largest size as base64, and 64 KiB.
std::uint64_t agent_body_limit(const Limits& limits) noexcept;

/// Judges the head of a call: 413 for a declared length over the limit, 415 for the type of a body that the
/// call would read.
[[nodiscard]] boost::system::result<AgentRequest, Problem> judge_agent_call(const RequestHead& head,
                                                                            const boost::urls::url_view& url,
                                                                            bool reads_body,
                                                                            const Limits& limits);

/// The query parameter blobEntityId; 400 when it is missing or not valid.
[[nodiscard]] boost::system::result<BlobId, Problem> blob_entity_id_of(const boost::urls::url_view& url);

} // namespace portrait::http
