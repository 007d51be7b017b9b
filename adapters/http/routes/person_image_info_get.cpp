#include "localization/localization.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /api/v1/Person/{personId}/ImageInfo (contract section 3): the BlobEntity of the picture, an empty one
/// without a picture.
static Begun begin_get_person_image_info(const RequestPointer& request) {
    auto localization = Localization::of(request->head(), request->options().localization);
    if (!localization)
        return localization.error();
    const auto person_id = request->person_id();
    if (!person_id)
        return person_id.error();
    return Exchange{[request, id = *person_id, localization = *std::move(localization),
                     head = std::make_shared<const OwnedHead>(request->head())](const ImageBytes& /*body*/,
                                                                                const Reply& reply) {
        const auto info = request->service().info(id);
        const auto form = request->entity_form(localization);
        if (!info && info.error() == errc::image_none)
            return reply(empty_info_answer(form));
        reply(answer_of(info, [&](const ImageInfo& found) {
            return info_answer(head->head(), found, form, request->refusal_type(), request->validators());
        }));
    }};
}

constinit const Route get_person_image_info{
    .method = "GET",
    .path = "/api/v1/Person/{personId}/ImageInfo",
    .summary = "What is known of the person's picture: a BlobEntity",
    .begin = &begin_get_person_image_info,
    .document = {.subject = "PersonImageInfo",
                 .parameters = {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match",
                                "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"},
                 .answers = {{200, BodyContent::entity}, {304, BodyContent::nothing}},
                 .refusals = {400, 404, 412, 503}}};

} // namespace portrait::http
