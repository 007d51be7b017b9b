#pragma once

#include "agents/agents.hpp"
#include "headers/body_types.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/id.hpp>
#include <portrait/limits.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <boost/url/url_view.hpp>

#include <cstdint>
#include <optional>
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
    AgentCall call = AgentCall::none;
    BodyType body_type = BodyType::json;
    std::uint64_t body_limit = 0;
    BinaryForm binary_form = BinaryForm::raw;
    Selection selection;
    std::optional<BlobId> blob_entity_id; ///< of the calls that take it in the query; present there
};

/// The most bytes that a call's body may have: a picture of the largest size as base64, and 64 KiB.
std::uint64_t agent_body_limit(const Limits& limits) noexcept;

/// Judges the head of a call: 415 for the type of a body that the call would read, 413 for a declared length
/// over the limit, 400 for a blobEntityId that is missing or not valid.
[[nodiscard]] boost::system::result<AgentRequest, Problem> judge_agent_call(const RequestHead& head,
                                                                            const boost::urls::url_view& url,
                                                                            AgentCall call,
                                                                            const Limits& limits);

} // namespace portrait::http
