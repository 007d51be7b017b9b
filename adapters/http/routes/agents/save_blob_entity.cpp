#include "routes/agents/agent_call.hpp"
#include "routes/info_change.hpp"

#include <utility>

namespace portrait::http {

static ProblemOr<ImageInfoChange> change_in(const AgentArguments& arguments) {
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
static void save_blob_entity(AgentCall& call, const Reply& reply) {
    if (!call.arguments.given())
        return reply(bad_agent_body("The BlobEntity is missing from the body"));
    const auto blob_id = call.arguments.blob_id();
    if (!blob_id)
        return reply(blob_id.error());
    auto change = change_in(call.arguments);
    if (!change)
        return reply(change.error());
    if (!*blob_id)
        return reply(answer_of(call.service().create({}, *std::move(change), call.actor()),
                               [&](const SavedImage& created) { return call.entity_answer(&created.info); }));
    // A client may send a view of a stored string, which must not replace it: so the stored one is read.
    const auto* const fixed = call.localization.translates() ? nullptr : &*change;
    reply(change_info(
        *call.request, **blob_id, call.precondition, fixed,
        [&](const ImageInfo& stored) -> ProblemOr<ImageInfoChange> {
            return without_views(*change, stored, call.localization);
        },
        [&](const ImageInfo& changed) { return call.entity_answer(&changed); }));
}

constinit const Route blob_save_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/SaveBlobEntity",
                 .access = Access::write,
                 .summary = "Makes a blob, or changes its texts",
                 .arguments = {{"BlobId", AgentArgumentType::number},
                               {"Description", AgentArgumentType::text},
                               {"ExtraInfo", AgentArgumentType::text},
                               {"ConceptualType", AgentArgumentType::text}},
                 .handler = &save_blob_entity,
                 .document = {.parameters = {"select", "If-Match", "If-None-Match", "If-Unmodified-Since"},
                              .answers = {{200, BodyContent::entity}},
                              .refusals = {404, 412, 507}}});

} // namespace portrait::http
