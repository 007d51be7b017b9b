#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/image_uploads.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <utility>

namespace portrait::http {

namespace {

/// PUT and POST /api/v1/Person/{personId}/Image (contract section 1): stores the picture, answers the blob
/// id.
class PutPersonImage final : public Exchange {
public:
    /// Judges the head: a valid id, a type that is accepted, a length within the limit.
    static Begun begin(const RequestPointer& request) {
        const auto person_id = request->person_id();
        if (!person_id)
            return person_id.error();
        auto upload = judge_upload(request->head(), request->service().limits());
        if (!upload)
            return upload.error();
        return std::make_unique<PutPersonImage>(request, *person_id, *std::move(upload));
    }

    PutPersonImage(RequestPointer request, PersonId person_id, Upload upload)
        : request_{std::move(request)}
        , person_id_{person_id}
        , upload_{std::move(upload)}
        , precondition_{write_precondition(request_->head())} {}

    std::uint64_t body_limit() const noexcept override { return upload_.body_limit; }

    /// Saves the picture in the body. The store answers when it is durable, on a thread of its own.
    void finish(ImageBytes body, const Reply& reply) override {
        auto picture = picture_of(std::move(body), upload_.type);
        if (!picture)
            return reply(picture.error());
        request_->service().submit(person_id_, *std::move(picture), request_->actor(),
                                   std::move(precondition_),
                                   reply.when([type = request_->response_type()](const SavedImage& saved) {
                                       return saved_answer(saved.info, type);
                                   }));
    }

private:
    RequestPointer request_;
    PersonId person_id_;
    Upload upload_;
    Precondition precondition_;
};

RouteDocumentation document_put_person_image() {
    return {.subject = "PersonImage",
            .request = BodyContent::upload,
            .parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
            .answers = {{200, BodyContent::blob_id}},
            .refusals = {400, 412, 413, 415, 422, 503, 507}};
}

} // namespace

constexpr Route put_person_image{
    .method = "PUT",
    .path = "/api/v1/Person/{personId}/Image",
    .access = Access::write,
    .summary = "Stores the person's picture, sent as it is or as a form; answers the blob id",
    .begin = &PutPersonImage::begin,
    .document = &document_put_person_image,
    .takes_picture = true,
    .accepts = &accepted_upload_types};

constexpr Route post_person_image = put_person_image.at("POST", put_person_image.path, "The same as PUT");

} // namespace portrait::http
