#include "headers/content_types.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/multipart.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"
#include "routes/upload.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

/// Bytes that a form may have beside its picture: other parts, boundaries and part headers.
static constexpr std::uint64_t form_allowance = 256ULL * 1024;

static Problem unsupported_upload(const std::string_view* seen, const UploadType& type,
                                  ConvertibleFormats formats) {
    auto problem = unsupported_media_type(seen, accepted_upload_types(formats));
    if (type.switched_off)
        problem.message += fmt::format(", or {} if the operator of this service switches its conversion on",
                                       name_of(*type.switched_off));
    return problem;
}

/// PUT and POST /api/v1/Person/{personId}/Image (contract sections 1 and 2): stores the picture, sent as it
/// is or in a form, answers the blob id.
static Begun begin_put_person_image(const RequestPointer& request) {
    const auto& head = request->head();
    const auto person_id = request->person_id();
    if (!person_id)
        return person_id.error();
    if (!head.chunked && head.content_length.value_or(0) == 0) // whatever the type
        return Error{errc::image_empty};
    const auto formats = converted_formats(request->options());
    const auto* const content_type = head.find("Content-Type");
    auto type = classify_upload(content_type, formats);
    if (type.kind == UploadType::Kind::unsupported)
        return unsupported_upload(content_type, type, formats);
    if (type.kind == UploadType::Kind::no_boundary)
        return no_boundary_problem();
    const bool is_form = type.kind == UploadType::Kind::multipart;
    const auto body_limit = request->service().limits().max_bytes + (is_form ? form_allowance : 0);
    if (head.content_length && *head.content_length > body_limit)
        return body_too_large(body_limit, head.content_length);

    auto save = [request, id = *person_id, is_form, formats, boundary = std::move(type.boundary),
                 is_put = head.method == "PUT",
                 condition = write_precondition(head, request->service().epoch())](ImageBytes body,
                                                                                   const Reply& reply) {
        auto picture =
            is_form ? picture_part(body, boundary, formats) : ProblemOr<ImageBytes>{std::move(body)};
        if (!picture)
            return reply(picture.error());
        auto submit = [&request, id, is_form, is_put, &condition, reply](ImageBytes bytes,
                                                                         bool is_converted) {
            const bool is_put_as_sent = is_put && !is_form && !is_converted;
            // The store completes when the picture is durable, on a thread of its own.
            request->service().submit(
                id, std::move(bytes), request->actor(), condition,
                reply.when([request = request.get(), is_put_as_sent](const SavedImage& saved) {
                    return saved_answer(saved.info, request->response_type(), request->service().epoch(),
                                        is_put_as_sent && is_stored_unchanged(saved));
                }));
        };
        convert_and_save(*request, *std::move(picture), reply, std::move(submit));
    };
    return Exchange{std::move(save), body_limit};
}

constexpr Route put_person_image{
    .method = "PUT",
    .path = "/api/v1/Person/{personId}/Image",
    .access = Access::write,
    .summary = "Stores the person's picture, sent as it is or as a form; answers the blob id",
    .begin = &begin_put_person_image,
    .takes_picture = true,
    .accepts = &accepted_uploads,
    .document = {.subject = "PersonImage",
                 .request = BodyContent::upload,
                 .parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                 .answers = {{200, BodyContent::blob_id}},
                 .refusals = {400, 412, 413, 415, 422, 503, 507}}};

constexpr Route post_person_image = put_person_image.at("POST", put_person_image.path, "The same as PUT");

} // namespace portrait::http
