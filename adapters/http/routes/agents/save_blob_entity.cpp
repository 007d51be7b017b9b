#include "entity/info_edit.hpp"
#include "routes/agents/agent_exchange.hpp"

#include <utility>

namespace portrait::http::agents {

namespace {

constexpr AgentArgument save_blob_entity_arguments[]{{"BlobId", AgentArgumentType::number},
                                                     {"Description", AgentArgumentType::text},
                                                     {"ExtraInfo", AgentArgumentType::text},
                                                     {"ConceptualType", AgentArgumentType::text}};

[[nodiscard]] ProblemOr<ImageInfoChange> change_in(const AgentArguments& arguments) {
    ImageInfoChange change;
    for (const auto& [name, text] : {std::pair{"Description", &change.description},
                                     {"ExtraInfo", &change.extra_info},
                                     {"ConceptualType", &change.conceptual_type}}) {
        auto value = arguments.text(name);
        if (!value)
            return value.error();
        *text = *std::move(value);
    }
    return change;
}

/// POST /api/v1/Agents/BLOB/SaveBlobEntity: makes a blob without bytes, or changes the texts of one; answers
/// the BlobEntity.
class SaveBlobEntity final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        if (!arguments.given())
            return bad_agent_body("The BlobEntity is missing from the body");
        const auto blob_id = arguments.optional_blob_id("BlobId");
        if (!blob_id)
            return blob_id.error();
        auto change = change_in(arguments);
        if (!change)
            return change.error();
        if (*blob_id)
            return change_blob(**blob_id, *std::move(change));
        const auto created = service().create({}, *std::move(change), request().actor());
        if (!created)
            return created.error();
        return entity_answer(&created->info);
    }

private:
    Answer change_blob(BlobId blob_id, ImageInfoChange change) {
        const InfoPlace place{
            .read = [&] { return service().info(blob_id); },
            .write =
                [&](ImageInfoChange wanted, Precondition condition) {
                    return service().update_info(blob_id, std::move(wanted), request().actor(),
                                                 std::move(condition));
                },
        };
        if (!localization().translates())
            return entity_answer(place.write(std::move(change), precondition()));
        // A client may send a view of a stored string, which must not replace it: so the stored one is read.
        auto changed = change_stored_info(
            place, precondition(),
            [&](const ImageInfo& stored) -> boost::system::result<ImageInfoChange, Problem> {
                return without_views(change, stored, localization());
            });
        if (auto* problem = std::get_if<Problem>(&changed))
            return std::move(*problem);
        if (auto* error = std::get_if<Error>(&changed))
            return std::move(*error);
        return entity_answer(&std::get<ImageInfo>(changed));
    }
};

RouteDocumentation document_save_blob_entity() {
    return document_call({200, BodyContent::entity}, {404, 412, 507},
                         {"select", "If-Match", "If-None-Match", "If-Unmodified-Since"});
}

} // namespace

constinit const Route blob_save_blob_entity{.method = "POST",
                                            .path = "/api/v1/Agents/BLOB/SaveBlobEntity",
                                            .access = Access::write,
                                            .summary = "Makes a blob, or changes its texts",
                                            .begin = &begin_call<SaveBlobEntity>,
                                            .document = &document_save_blob_entity,
                                            .accepts = &accepted_body_types,
                                            .arguments = save_blob_entity_arguments};

} // namespace portrait::http::agents
