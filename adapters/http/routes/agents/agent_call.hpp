#pragma once

#include "agents/agent_answers.hpp"
#include "agents/agent_arguments.hpp"
#include "localization/localization.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <portrait/precondition.hpp>

#include <optional>

namespace portrait::http {

/// A call of an agent (contract section 7) whose head was accepted.
struct AgentCall {
    RequestPointer request;
    Localization localization;
    BinaryForm binary_form;
    Selection selection;
    Precondition precondition{};     ///< of a call that writes
    std::optional<BlobId> blob_id{}; ///< of `blobEntityId` in the query, or of the argument `BlobEntityId`
    std::optional<PersonId> person_id{}; ///< of the argument `PersonId`, or of the query
    AgentArguments arguments{};

    PersonImageService& service() const noexcept { return request->service(); }
    Actor actor() const { return request->actor(); }

    /// A BlobEntity with the properties that `$select` leaves; null: an empty one.
    Response entity_answer(const ImageInfo* info) const;
    Answer entity_answer(const result<ImageInfo>& info) const;
    /// Bytes in the form that Accept asks for: raw, as the picture, or as base64 in a document.
    Response bytes_answer(const ImageBytes& bytes, std::optional<ImageFormat> format) const;
    Answer bytes_answer(const result<StoredImage>& stored) const;
    /// `bytes_answer`, or no bytes for a missing picture.
    Answer optional_answer(const result<StoredImage>& stored) const;
    /// `null`: the answer to a read of an unknown id (contract section 7).
    Response null_answer(std::string_view xml_root) const;
    /// As `null_answer` for bytes: no bytes in the forms other than base64.
    Response null_bytes_answer() const;
    /// No bytes for a missing picture; the error for any other.
    Answer empty_answer(const Error& error) const;
};

/// The answer to the calls that store a picture: 204 with its type and its X-Image-ETag.
Response stored_answer(const ImageInfo& info, std::string_view epoch);

/// `Route::begin` of every call: judges the head, then reads the arguments from the body and runs
/// `Route::handler`, with the ids that the call takes.
Begun begin_agent_call(const RequestPointer& request);

/// The route of a call, with everything that follows from its path, arguments and answer.
constexpr Route agent_route(Route route) noexcept {
    route.method = "POST";
    route.begin = &begin_agent_call;
    route.document.refusals.append({400, 503}); // 400 of an unknown time zone
    if (!route.arguments.empty()) {
        route.accepts = &accepted_bodies;
        route.document.request = BodyContent::agent_arguments;
        route.document.refusals.append({415});
    }
    if (const auto content = route.document.answers.begin()->content;
        content == BodyContent::entity || content == BodyContent::entity_or_null)
        route.document.parameters.append({"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone"});
    return route;
}

} // namespace portrait::http
