#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/Person/CreateDefaultPersonImage: an empty PersonImage.
static void create_default_person_image(AgentCall& call, const Reply& reply) {
    const boost::json::object empty{{"PersonId", 0}, {"ImageData", nullptr}};
    reply(document_answer(call.request->response_type(), "PersonImage", selected(empty, call.selection)));
}

constinit const Route person_create_default_person_image =
    agent_route({.path = "/api/v1/Agents/Person/CreateDefaultPersonImage",
                 .summary = "An empty PersonImage",
                 .handler = &create_default_person_image,
                 .document = {.parameters = {"select"}, .answers = {{200, BodyContent::person_image}}}});

} // namespace portrait::http
