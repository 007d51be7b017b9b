#include "pictures/image_answers.hpp"
#include "routes/agents/agent_exchange.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http::agents {

namespace {

constexpr AgentArgument save_image_stream_arguments[]{{"Type", AgentArgumentType::either},
                                                      {"Image", AgentArgumentType::bytes},
                                                      {"Description", AgentArgumentType::text}};

// Of the vendor's BlobLinkType.
constexpr std::string_view person_image_type = "PersonImage";
constexpr std::int64_t person_image_number = 1;

[[nodiscard]] ProblemOr<void> require_person_image_type(const AgentArguments& arguments) {
    const auto type = arguments.name_or_number("Type");
    const auto* const name = type ? std::get_if<std::string>(&*type) : nullptr;
    const auto* const number = type ? std::get_if<std::int64_t>(&*type) : nullptr;
    if ((name != nullptr && equal_ignoring_case(*name, person_image_type)) ||
        (number != nullptr && *number == person_image_number))
        return {};
    return bad_agent_argument(
        fmt::format("The argument Type is missing or not served here; {} (or {}) is accepted",
                    person_image_type, person_image_number));
}

/// POST /api/v1/Agents/BLOB/SaveImageStream: stores a picture that is linked to nobody, answers the blob id.
class SaveImageStream final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        if (const auto type = require_person_image_type(arguments); !type)
            return type.error();
        auto description = arguments.text("Description");
        if (!description)
            return description.error();
        auto bytes = arguments.bytes("Image", service().limits());
        if (!bytes)
            return bytes.error();
        if (bytes->empty())
            return Error{errc::image_empty};
        ImageInfoChange texts;
        texts.description = *std::move(description);
        texts.conceptual_type = "PERSONPHOTO";
        const auto saved = service().create(*std::move(bytes), std::move(texts), request().actor());
        if (!saved)
            return saved.error();
        return document_answer(request().response_type(), "int", saved->blob_id().value());
    }
};

RouteDocumentation document_save_image_stream() {
    return document_call({200, BodyContent::blob_id}, {413, 422, 507});
}

} // namespace

constinit const Route blob_save_image_stream{
    .method = "POST",
    .path = "/api/v1/Agents/BLOB/SaveImageStream",
    .access = Access::write,
    .summary = "Stores a picture that is linked to nobody; answers the blob id",
    .begin = &begin_call<SaveImageStream>,
    .document = &document_save_image_stream,
    .takes_picture = true,
    .accepts = &accepted_body_types,
    .arguments = save_image_stream_arguments};

} // namespace portrait::http::agents
