#include "localization/localization.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <utility>

namespace portrait::http {

namespace {

/// GET /api/v1/Person/{personId}/ImageInfo (contract section 3): the BlobEntity of the picture, an empty one
/// without a picture.
class GetPersonImageInfo final : public Exchange {
public:
    static Begun begin(const RequestPointer& request) {
        auto localization = Localization::of(request->head(), request->options().localization);
        if (!localization)
            return localization.error();
        const auto person_id = request->person_id();
        if (!person_id)
            return person_id.error();
        return std::make_unique<GetPersonImageInfo>(request, *person_id, *std::move(localization));
    }

    GetPersonImageInfo(RequestPointer request, PersonId person_id, Localization localization)
        : request_{std::move(request)}
        , person_id_{person_id}
        , localization_{std::move(localization)}
        , conditions_{request_->head()} {}

    void finish(ImageBytes /*body*/, const Reply& reply) override {
        const auto type = request_->response_type();
        const auto info = request_->service().info(person_id_);
        if (info)
            return reply(info_answer(conditions_.head(), *info, type, localization_));
        if (info.error() == errc::image_none)
            return reply(empty_info_answer(type, localization_));
        reply(info.error());
    }

private:
    RequestPointer request_;
    PersonId person_id_;
    Localization localization_;
    ConditionalFields conditions_;
};

RouteDocumentation document_get_person_image_info() {
    return {.subject = "PersonImageInfo",
            .parameters = {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match",
                           "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"},
            .answers = {{200, BodyContent::entity}, {304, BodyContent::nothing}},
            .refusals = {400, 404, 412, 503}};
}

} // namespace

constinit const Route get_person_image_info{.method = "GET",
                                            .path = "/api/v1/Person/{personId}/ImageInfo",
                                            .summary = "What is known of the person's picture: a BlobEntity",
                                            .begin = &GetPersonImageInfo::begin,
                                            .document = &document_get_person_image_info};

} // namespace portrait::http
