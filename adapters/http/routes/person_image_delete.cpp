#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// DELETE /api/v1/Person/{personId}/Image (contract section 1): removes the picture; 204 also without one.
static Begun begin_delete_person_image(const RequestPointer& request) {
    const auto person_id = request->person_id();
    if (!person_id)
        return person_id.error();
    auto condition = write_precondition(request->head(), request->service().epoch());
    return Exchange{[request, id = *person_id, condition](const ImageBytes& /*body*/, const Reply& reply) {
        reply(answer_of(request->service().remove(id, request->actor(), condition), removed_answer));
    }};
}

constinit const Route delete_person_image{
    .method = "DELETE",
    .path = "/api/v1/Person/{personId}/Image",
    .access = Access::write,
    .summary = "Removes the person's picture",
    .begin = &begin_delete_person_image,
    .document = {.subject = "PersonImage",
                 .parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                 .answers = {{204, BodyContent::nothing}},
                 .refusals = {400, 412, 413, 503, 507}}};

} // namespace portrait::http
