#include "headers/field_syntax.hpp"
#include "routes/agents/agent_call.hpp"
#include "routes/upload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait::http {

/// The vendor's BlobLinkType; the index is the number less one.
static constexpr std::array<std::string_view, 19> link_types{"PersonImage",        "ProjectImage",
                                                             "EventImage",         "Thumbnail",
                                                             "StatusMonitorImage", "BatchTask",
                                                             "ProductImage",       "ProductThumbnail",
                                                             "QuoteLineImage",     "QuoteLineThumbnail",
                                                             "AccessToken",        "RefreshToken",
                                                             "Dashboard",          "DashboardTile",
                                                             "ChatTopicImage",     "FormsBackgroundImage",
                                                             "ContactImage",       "DashboardHtmlTileData",
                                                             "ExtraTableIcon"};

/// The number of a link type's name or number; absent for any other text.
static std::optional<std::size_t> link_type(std::string_view text) {
    if (const auto number = parse_number<std::size_t>(text))
        return *number >= 1 && *number <= link_types.size() ? number : std::nullopt;
    for (std::size_t index = 0; index < link_types.size(); ++index)
        if (equal_ignoring_case(text, link_types[index]))
            return index + 1;
    return std::nullopt;
}

/// POST /api/v1/Agents/BLOB/SaveImageStream: stores a picture without a person, answers the blob id.
static void save_image_stream(AgentCall& call, const Reply& reply) {
    const auto& arguments = call.arguments;
    const auto text = arguments.name_or_number("Type");
    const auto type = link_type(text);
    if (!type)
        return reply(bad_agent_argument(fmt::format(
            "The argument Type is missing or not valid: {}; {} or a number from 1 to {} is accepted",
            in_quotes(text), fmt::join(link_types, ", "), link_types.size())));
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
    if (*type == 1)
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
