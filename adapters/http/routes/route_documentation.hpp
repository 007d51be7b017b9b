#pragma once

#include "routes/routes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// What a body holds. `openapi_content` has the media types and the schema of each.
enum class BodyContent {
    nothing,
    problem,
    picture,         ///< of an answer: in the type it is stored in
    upload,          ///< a picture as it is or in a form
    blob_id,         ///< a number
    entity,          ///< a BlobEntity
    entity_change,   ///< a BlobEntity or a patch of one
    agent_arguments, ///< what a call of an agent takes
    agent_picture,   ///< raw bytes, the picture, or a document with base64
    person_image,
    person_images,
    versions,
    routes,
    openapi,
    sign_in_form,
    page,
    problem_or_page, ///< a page for who asks for text/html
    text,
};

/// One status that a route answers with.
struct AnswerDocumentation {
    unsigned status = 0;
    BodyContent content = BodyContent::problem;
};

/// What the table of routes doesn't say of a row: everything that the OpenAPI document has beyond it.
struct RouteDocumentation {
    std::string operation_id; ///< unique
    std::string tag;          ///< what the route is grouped by
    BodyContent request = BodyContent::nothing;
    std::vector<std::string_view> parameters; ///< keys of the document's components/parameters
    std::vector<AnswerDocumentation> answers; ///< by status, each status once
};

/// The documentation of a row. Every operation and every call of an agent has one: the compiler warns of a
/// missing one. `strict` is the switch that makes 400 of most refusals of an upload (contract section 2).
RouteDocumentation document_route(const RouteRow& row, bool strict);

/// Whether the caller has to be recognised.
constexpr bool needs_caller(Operation operation) noexcept {
    return !is_public(operation) && operation != Operation::get_session;
}

} // namespace portrait::http
