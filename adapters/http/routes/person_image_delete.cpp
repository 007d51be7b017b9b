#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <utility>

namespace portrait::http {

namespace {

/// DELETE /api/v1/Person/{personId}/Image (contract section 1): removes the picture; 204 also when there was
/// none.
class DeletePersonImage final : public Exchange {
public:
    static Begun begin(const RequestPointer& request) {
        const auto person_id = request->person_id();
        if (!person_id)
            return person_id.error();
        return std::make_unique<DeletePersonImage>(request, *person_id);
    }

    DeletePersonImage(RequestPointer request, PersonId person_id)
        : request_{std::move(request)}
        , person_id_{person_id}
        , precondition_{write_precondition(request_->head())} {}

    void finish(ImageBytes /*body*/, const Reply& reply) override {
        const auto removed =
            request_->service().remove(person_id_, request_->actor(), std::move(precondition_));
        if (!removed)
            return reply(removed.error());
        reply(removed_answer());
    }

private:
    RequestPointer request_;
    PersonId person_id_;
    Precondition precondition_;
};

RouteDocumentation document_delete_person_image() {
    return {.subject = "PersonImage",
            .parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
            .answers = {{204, BodyContent::nothing}},
            .refusals = {400, 412, 413, 503, 507}};
}

} // namespace

constinit const Route delete_person_image{.method = "DELETE",
                                          .path = "/api/v1/Person/{personId}/Image",
                                          .access = Access::write,
                                          .summary = "Removes the person's picture",
                                          .begin = &DeletePersonImage::begin,
                                          .document = &document_delete_person_image};

} // namespace portrait::http
