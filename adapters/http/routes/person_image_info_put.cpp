#include "headers/content_types.hpp"
#include "localization/localization.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/info_change.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// PUT and PATCH /api/v1/Person/{personId}/ImageInfo (contract section 3): changes the picture's texts by a
/// BlobEntity or a patch of one, answers the BlobEntity.
static Begun begin_put_person_image_info(const RequestPointer& request) {
    const auto& head = request->head();
    auto localization = Localization::of(head, request->options().localization);
    if (!localization)
        return localization.error();
    const auto person_id = request->person_id();
    if (!person_id)
        return person_id.error();
    const auto type = body_type_of(head.find("Content-Type"));
    if (!type)
        return unsupported_media_type(head.find("Content-Type"), accepted_body_types());
    if (!head.chunked && head.content_length.value_or(0) == 0)
        return plain_problem(400, "request.body_missing",
                             "The body is missing; send a BlobEntity or a patch of one");
    if (head.content_length && *head.content_length > max_info_body)
        return body_too_large(max_info_body, head.content_length);
    auto change = [request, id = *person_id, type = *type, localization = *std::move(localization),
                   condition = write_precondition(head, request->service().epoch())](const ImageBytes& body,
                                                                                     const Reply& reply) {
        const auto edit = InfoEdit::read(type, body.text());
        if (!edit)
            return reply(edit.error());
        // A client may send a view of a stored string, which must not replace it: so the stored one is read.
        const auto* const fixed = localization.translates() ? nullptr : edit->change();
        reply(change_info(
            *request, id, condition, fixed,
            [&](const ImageInfo& stored) { return edit->change_of(stored, localization); },
            [&](const ImageInfo& changed) {
                return changed_info_answer(changed, request->entity_form(localization),
                                           request->service().epoch());
            }));
    };
    return Exchange{std::move(change), max_info_body};
}

constexpr Route put_person_image_info{
    .method = "PUT",
    .path = "/api/v1/Person/{personId}/ImageInfo",
    .access = Access::write,
    .summary = "Changes the picture's texts, by a BlobEntity or a patch; answers the BlobEntity as it is now",
    .begin = &begin_put_person_image_info,
    .accepts = &accepted_bodies,
    .document = {.subject = "PersonImageInfo",
                 .request = BodyContent::entity_change,
                 .parameters = {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match",
                                "If-None-Match", "If-Unmodified-Since"},
                 .answers = {{200, BodyContent::entity}},
                 .refusals = {400, 404, 409, 412, 413, 415, 503, 507}}};

constexpr Route patch_person_image_info =
    put_person_image_info.at("PATCH", put_person_image_info.path, "The same as PUT");

} // namespace portrait::http
