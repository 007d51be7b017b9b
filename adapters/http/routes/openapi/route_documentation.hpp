#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

struct Route;

/// What a body holds. `openapi_content` has the media types and the schema of each.
enum class BodyContent {
    nothing,
    problem,
    picture,         ///< of an answer: in the type it is stored in
    upload,          ///< a picture as it is or in a form
    blob_id,         ///< a number
    entity,          ///< a BlobEntity
    entity_change,   ///< a BlobEntity or a patch of one
    agent_arguments, ///< the arguments of an agent's call
    agent_picture,   ///< raw bytes, the picture, or a document with base64
    person_image,
    person_images,
    versions,
    routes,
    openapi,
    sign_in_form,
    page,
    problem_or_page, ///< a page when the client asks for text/html
    text,
};

/// One status that a route answers with.
struct AnswerDocumentation {
    unsigned status = 0;
    BodyContent content = BodyContent::problem;
};

/// A route in the OpenAPI document, beyond its method and path. A route's file states its own part;
/// `document_route` adds what follows from the path and the callers.
struct RouteDocumentation {
    /// The method's object in the operation's id, such as `PersonImage`; an agent's call has the id of its
    /// path.
    std::string_view subject{};
    BodyContent request = BodyContent::nothing;
    std::vector<std::string_view> parameters{}; ///< keys of the document's components/parameters
    std::vector<AnswerDocumentation> answers{}; ///< each status once
    std::vector<unsigned> refusals{};           ///< statuses with a problem; may repeat
};

/// A route as the OpenAPI document shows it.
struct DocumentedRoute {
    std::string operation_id; ///< unique
    std::string tag;          ///< the group of the route
    BodyContent request = BodyContent::nothing;
    std::vector<std::string_view> parameters;
    std::vector<AnswerDocumentation> answers; ///< by status, each status once
};

/// `strict` is the switch that turns most refusals of an upload into 400 (contract section 2).
DocumentedRoute document_route(const Route& route, bool strict);

} // namespace portrait::http
