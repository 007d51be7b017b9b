#include "pictures/image_answers.hpp"
#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

/// POST /api/v1/Agents/Person/CreateDefaultPersonImage: an empty PersonImage.
class CreateDefaultPersonImage final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& /*arguments*/) override {
        const boost::json::object empty{{"PersonId", 0}, {"ImageData", nullptr}};
        return document_answer(request().response_type(), "PersonImage", selected(empty, head().selection));
    }
};

RouteDocumentation document_create_default_person_image() {
    return document_bare_call({200, BodyContent::person_image}, {}, {"select"});
}

} // namespace

constinit const Route person_create_default_person_image{.method = "POST",
                                                         .path =
                                                             "/api/v1/Agents/Person/CreateDefaultPersonImage",
                                                         .summary = "An empty PersonImage",
                                                         .begin = &begin_call<CreateDefaultPersonImage>,
                                                         .document = &document_create_default_person_image};

} // namespace portrait::http::agents
