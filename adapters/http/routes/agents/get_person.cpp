#include "entity/carriers.hpp"
#include "routes/agents/agent_call.hpp"

#include <string_view>

namespace portrait::http {

/// Answers with the document that `make` makes of the person; null for an unknown one, as agents do instead
/// of 404.
static Answer person_answer(const AgentCall& call, std::string_view xml_root,
                            boost::json::object (*make)(const KnownPerson& person)) {
    const auto person = call.service().person(*call.person_id);
    if (!person && person.error() == errc::person_unknown)
        return call.null_answer(xml_root);
    return answer_of(person, [&](const KnownPerson& found) {
        return document_answer(call.request->response_type(), xml_root,
                               selected(make(found), call.selection));
    });
}

/// POST /api/v1/Agents/Person/GetPersonEntity: the person's names, as a PersonEntity.
static void get_person_entity(AgentCall& call, const Reply& reply) {
    reply(person_answer(call, "PersonEntity", &person_entity));
}

/// POST /api/v1/Agents/Person/GetPerson: the person's names, as a Person.
static void get_agents_person(AgentCall& call, const Reply& reply) {
    reply(person_answer(call, "Person", &simple_person));
}

constinit const Route person_get_person_entity =
    agent_route({.path = "/api/v1/Agents/Person/GetPersonEntity",
                 .summary = "The person's names, or null",
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_person_entity,
                 .document = {.parameters = {"personEntityId", "select"},
                              .answers = {{200, BodyContent::person_entity_or_null}}}});

constinit const Route person_get_person =
    agent_route({.path = "/api/v1/Agents/Person/GetPerson",
                 .summary = "The person's names in short, or null",
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_agents_person,
                 .document = {.parameters = {"personIdInQuery", "select"},
                              .answers = {{200, BodyContent::person_or_null}}}});

} // namespace portrait::http
