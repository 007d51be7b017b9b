#include "routes/agents/agent_call.hpp"
#include "routes/upload.hpp"

#include <utility>

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/SaveImageStream: stores a picture without a person, answers the blob id.
static void save_image_stream(AgentCall& call, const Reply& reply) {
    const auto& arguments = call.arguments;
    const auto type = arguments.name_or_number("Type");
    if (!equal_ignoring_case(type, "PersonImage") && type != "1") // of the vendor's BlobLinkType
        return reply(bad_agent_argument(
            "The argument Type is missing or not served here; PersonImage (or 1) is accepted"));
    auto description = arguments.text("Description");
    if (!description)
        return reply(description.error());
    auto bytes = arguments.bytes("Image", call.service().limits());
    if (!bytes)
        return reply(bytes.error());
    if (bytes->empty())
        return reply(Error{errc::image_empty});
    ImageInfoChange texts;
    texts.description = *std::move(description);
    texts.conceptual_type = "PERSONPHOTO";
    auto create = [&call, reply, texts = std::move(texts)](ImageBytes picture,
                                                           bool /*is_converted*/) mutable {
        reply(answer_of(call.service().create(std::move(picture), std::move(texts), call.actor()),
                        [&](const SavedImage& saved) {
                            auto response = document_answer(call.request->response_type(), "int",
                                                            saved.blob_id().value());
                            describe_saved(response, saved.info, call.service().epoch(), false);
                            return response;
                        }));
    };
    convert_and_save(*call.request, *std::move(bytes), reply, std::move(create));
}

constinit const Route blob_save_image_stream =
    agent_route({.path = "/api/v1/Agents/BLOB/SaveImageStream",
                 .access = Access::write,
                 .summary = "Stores a picture that is linked to nobody; answers the blob id",
                 .takes_picture = true,
                 .arguments = {{"Type", AgentArgumentType::either},
                               {"Image", AgentArgumentType::bytes},
                               {"Description", AgentArgumentType::text}},
                 .handler = &save_image_stream,
                 .document = {.answers = {{200, BodyContent::blob_id}}, .refusals = {413, 422, 507}}});

} // namespace portrait::http
