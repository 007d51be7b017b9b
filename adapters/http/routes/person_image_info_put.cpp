#include "entity/info_edit.hpp"
#include "headers/body_types.hpp"
#include "headers/plain_problem.hpp"
#include "localization/localization.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

namespace {

/// PUT and PATCH /api/v1/Person/{personId}/ImageInfo (contract section 3): changes the picture's texts by a
/// BlobEntity or a patch of one, answers the BlobEntity.
class PutPersonImageInfo final : public Exchange {
public:
    static Begun begin(const RequestPointer& request) {
        const auto& head = request->head();
        auto localization = Localization::of(head, request->options().localization);
        if (!localization)
            return localization.error();
        const auto person_id = request->person_id();
        if (!person_id)
            return person_id.error();
        const auto type = body_type_of(head.find("Content-Type"));
        if (!type)
            return plain_problem(
                415, "request.unsupported_media_type",
                fmt::format("The Content-Type is not accepted; send one of {}", accepted_body_types()));
        if (!head.chunked && head.content_length.value_or(0) == 0)
            return plain_problem(400, "request.body_missing",
                                 "The body is missing; send a BlobEntity or a patch of one");
        if (head.content_length && *head.content_length > max_info_body)
            return body_too_large(max_info_body, head.content_length);
        return std::make_unique<PutPersonImageInfo>(request, *person_id, *type, *std::move(localization));
    }

    PutPersonImageInfo(RequestPointer request, PersonId person_id, BodyType type, Localization localization)
        : request_{std::move(request)}
        , person_id_{person_id}
        , type_{type}
        , localization_{std::move(localization)}
        , precondition_{write_precondition(request_->head())} {}

    std::uint64_t body_limit() const noexcept override { return max_info_body; }

    void finish(ImageBytes body, const Reply& reply) override {
        const auto edit = InfoEdit::read(type_, body.text());
        if (!edit)
            return reply(edit.error());
        auto& service = request_->service();
        const InfoPlace place{
            .read = [&] { return service.info(person_id_); },
            .write =
                [&](ImageInfoChange change, Precondition precondition) {
                    return service.update_info(person_id_, std::move(change), request_->actor(),
                                               std::move(precondition));
                },
        };
        // A client may send a view of a stored string, which must not replace it: so the stored one is read.
        if (edit->change() == nullptr || localization_.translates())
            return reply(answer(change_stored_info(place, precondition_, [&](const ImageInfo& stored) {
                return edit->change_of(stored, localization_);
            })));
        auto changed = place.write(*edit->change(), precondition_);
        if (!changed)
            return reply(changed.error());
        reply(answer(*std::move(changed)));
    }

private:
    Answer answer(const ChangedInfo& changed) const {
        if (const auto* problem = std::get_if<Problem>(&changed))
            return *problem;
        if (const auto* error = std::get_if<Error>(&changed))
            return *error;
        return changed_info_answer(std::get<ImageInfo>(changed), request_->response_type(), localization_);
    }

    RequestPointer request_;
    PersonId person_id_;
    BodyType type_;
    Localization localization_;
    Precondition precondition_;
};

RouteDocumentation document_put_person_image_info() {
    return {.subject = "PersonImageInfo",
            .request = BodyContent::entity_change,
            .parameters = {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match",
                           "If-None-Match", "If-Unmodified-Since"},
            .answers = {{200, BodyContent::entity}},
            .refusals = {400, 404, 409, 412, 413, 415, 503, 507}};
}

} // namespace

constinit const Route put_person_image_info{
    .method = "PUT",
    .path = "/api/v1/Person/{personId}/ImageInfo",
    .access = Access::write,
    .summary = "Changes the picture's texts, by a BlobEntity or a patch; answers the BlobEntity as it is now",
    .begin = &PutPersonImageInfo::begin,
    .document = &document_put_person_image_info,
    .accepts = &accepted_body_types};

constinit const Route patch_person_image_info{.method = "PATCH",
                                              .path = "/api/v1/Person/{personId}/ImageInfo",
                                              .access = Access::write,
                                              .summary = "The same as PUT",
                                              .begin = &PutPersonImageInfo::begin,
                                              .document = &document_put_person_image_info,
                                              .accepts = &accepted_body_types,
                                              .accepts_patches = &accepted_patch_types};

} // namespace portrait::http
