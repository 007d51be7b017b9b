#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/Person/CreateDefaultPersonImage: an empty PersonImage.
static Answer create_default_person_image(const AgentCall& call, const AgentArguments& /*arguments*/) {
    const boost::json::object empty{{"PersonId", 0}, {"ImageData", nullptr}};
    return document_answer(call.request->response_type(), "PersonImage",
                           selected(empty, call.head.selection));
}

constinit const Route person_create_default_person_image =
    agent_route({.path = "/api/v1/Agents/Person/CreateDefaultPersonImage",
                 .summary = "An empty PersonImage",
                 .document = {.parameters = {"select"}, .answers = {{200, BodyContent::person_image}}},
                 .handler = &create_default_person_image});

} // namespace portrait::http::agents
