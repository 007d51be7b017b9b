#include "agents/agent_answers.hpp"
#include "entity/carriers.hpp"
#include "headers/query.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <string_view>

namespace portrait::http {

/// Answers with the document that `make` makes of the person.
static Begun begin_person(const RequestPointer& request, std::string_view xml_root,
                          boost::json::object (*make)(const KnownPerson& person)) {
    const auto person_id = request->person_id();
    if (!person_id)
        return person_id.error();
    return Exchange{[request, xml_root, make, id = *person_id,
                     selection = parse_selection(query_value(request->url(), "$select"))](
                        const ImageBytes& /*body*/, const Reply& reply) {
        reply(answer_of(request->service().person(id), [&](const KnownPerson& person) {
            auto response =
                document_answer(request->response_type(), xml_root, selected(make(person), selection));
            response.reason = "PersonEntity found.";
            return response;
        }));
    }};
}

/// GET /api/v1/Person/{personId} (contract section 1): the vendor's PersonEntity.
static Begun begin_get_person(const RequestPointer& request) {
    return begin_person(request, "PersonEntity", &person_entity);
}

/// GET /api/v1/Person/{personId}/Simple (contract section 1): the vendor's Person.
static Begun begin_get_simple_person(const RequestPointer& request) {
    return begin_person(request, "Person", &simple_person);
}

constinit const Route get_person{.method = "GET",
                                 .path = "/api/v1/Person/{personId}",
                                 .summary = "The person's names: a PersonEntity",
                                 .begin = &begin_get_person,
                                 .document = {.subject = "Person",
                                              .parameters = {"select"},
                                              .answers = {{200, BodyContent::person_entity}},
                                              .refusals = {400, 404, 503}}};

constinit const Route get_simple_person{.method = "GET",
                                        .path = "/api/v1/Person/{personId}/Simple",
                                        .summary = "The person's names: a Person",
                                        .begin = &begin_get_simple_person,
                                        .document = {.subject = "SimplePerson",
                                                     .parameters = {"select"},
                                                     .answers = {{200, BodyContent::person}},
                                                     .refusals = {400, 404, 503}}};

} // namespace portrait::http
