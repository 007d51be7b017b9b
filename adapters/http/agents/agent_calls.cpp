#include "agents/agent_calls.hpp"

#include "agents/base64_body.hpp"
#include "entity/blob_entity.hpp"
#include "entity/documents.hpp"
#include "entity/info_edit.hpp"
#include "formats/base64.hpp"
#include "headers/http_date.hpp"
#include "pictures/entity_tag.hpp"
#include "pictures/image_answers.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace portrait::http {

namespace {

namespace json = boost::json;

constexpr std::string_view person_image_type = "PersonImage"; // of the vendor's BlobLinkType
constexpr std::int64_t person_image_number = 1;
constexpr std::string_view person_photo = "PERSONPHOTO";

/// The contract's `"…"` or `<base64Binary>…</base64Binary>`. A short one is a text at once, a long one is
/// made while it is sent.
void set_base64_document(Response& response, ResponseType type, const ImageBytes& bytes) {
    constexpr std::size_t longest_at_once = 48ULL * 1024;
    const std::string_view before = is_xml(type) ? "<base64Binary>" : "\"";
    const std::string_view after = is_xml(type) ? "</base64Binary>" : "\"";
    std::string text;
    if (bytes.size() <= longest_at_once) {
        text.reserve(before.size() + encoded_base64_size(bytes.size()) + after.size());
        text += before;
        append_base64(text, bytes);
        text += after;
    }
    set_document(response, type, std::move(text));
    if (bytes.size() > longest_at_once) {
        auto body = std::make_shared<Base64Body>(before, bytes, after);
        response.content_length = body->size();
        response.body = std::move(body);
    }
}

AgentOutcome entity_answer(const AgentCaller& caller, const ImageInfo* info) {
    const auto type = caller.response_type;
    const auto& localization = caller.localization;
    if (caller.request.selection.empty())
        return info != nullptr ? changed_info_answer(*info, type, localization)
                               : empty_info_answer(type, localization);
    auto response = document_answer(type, "BlobEntity",
                                    selected(blob_entity(info, localization), caller.request.selection));
    localization.describe(response);
    return response;
}

AgentOutcome entity_or_error(const AgentCaller& caller, const result<ImageInfo>& info) {
    if (!info)
        return info.error();
    return entity_answer(caller, &*info);
}

Response bytes_answer(const AgentCaller& caller, const ImageBytes& bytes, std::optional<ImageFormat> format) {
    return binary_answer(caller.request.binary_form, caller.response_type, bytes, format);
}

enum class Absent { error, nothing };

AgentOutcome person_image(const AgentCaller& caller, const AgentArguments& arguments, Absent absent) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    const auto stored = caller.service.image(*person_id);
    if (stored)
        return bytes_answer(caller, stored->bytes, stored->info.format);
    if (absent == Absent::nothing && stored.error() == errc::image_none)
        return bytes_answer(caller, {}, {});
    return stored.error();
}

AgentOutcome default_person_image(const AgentCaller& caller) {
    const json::object empty{{"PersonId", 0}, {"ImageData", nullptr}};
    return document_answer(caller.response_type, "PersonImage", selected(empty, caller.request.selection));
}

AgentOutcome change_person_image(const AgentCaller& caller, const AgentArguments& arguments) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    // Absent is not 0 here: nobody's picture goes because a member was misspelt.
    if (!arguments.has("BlobId"))
        return bad_agent_argument("The argument BlobId is missing; a blob's id is needed, or 0 to unlink");
    const auto blob_id = arguments.optional_blob_id("BlobId");
    if (!blob_id)
        return blob_id.error();
    if (*blob_id) {
        if (const auto linked = caller.service.link(*person_id, **blob_id, caller.actor); !linked)
            return linked.error();
    } else if (const auto unlinked = caller.service.unlink(*person_id, caller.actor); !unlinked) {
        return unlinked.error();
    }
    return removed_answer();
}

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

AgentOutcome save_image_stream(const AgentCaller& caller, const AgentArguments& arguments) {
    if (const auto type = require_person_image_type(arguments); !type)
        return type.error();
    auto description = arguments.text("Description");
    if (!description)
        return description.error();
    auto bytes = arguments.bytes("Image", caller.service.limits());
    if (!bytes)
        return bytes.error();
    if (bytes->empty())
        return Error{errc::image_empty};
    ImageInfoChange texts;
    texts.description = *std::move(description);
    texts.conceptual_type = std::string{person_photo};
    const auto saved = caller.service.create(*std::move(bytes), std::move(texts), caller.actor);
    if (!saved)
        return saved.error();
    return document_answer(caller.response_type, "int", saved->blob_id().value());
}

AgentOutcome entity_on_person(const AgentCaller& caller, const AgentArguments& arguments) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    const auto info = caller.service.info(*person_id);
    if (!info && info.error() == errc::image_none)
        return entity_answer(caller, nullptr);
    return entity_or_error(caller, info);
}

/// A client sends back strings as it sees them, which leaves the stored ones as they are; so what is stored
/// has to be seen, and still be there when it is written over.
AgentOutcome save_view(const AgentCaller& caller, BlobId blob_id, const ImageInfoChange& change) {
    constexpr int max_attempts = 32;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto stored = caller.service.info(blob_id);
        if (!stored)
            return stored.error();
        if (const auto checked = caller.precondition.check(&*stored); !checked)
            return checked.error();
        Precondition still;
        still.if_match = VersionCondition{.any = false, .versions = {stored->version()}};
        const auto updated = caller.service.update_info(
            blob_id, without_views(change, *stored, caller.localization), caller.actor, std::move(still));
        if (updated || updated.error() != errc::precondition_failed)
            return entity_or_error(caller, updated);
    }
    return Error{errc::service_busy, "Others kept changing the BlobEntity; try again later"};
}

AgentOutcome save_entity(const AgentCaller& caller, const AgentArguments& arguments) {
    if (!arguments.given())
        return bad_agent_body("The BlobEntity is missing from the body");
    const auto blob_id = arguments.optional_blob_id("BlobId");
    if (!blob_id)
        return blob_id.error();
    ImageInfoChange change;
    for (const auto& [name, text] : {std::pair{"Description", &change.description},
                                     {"ExtraInfo", &change.extra_info},
                                     {"ConceptualType", &change.conceptual_type}}) {
        auto value = arguments.text(name);
        if (!value)
            return value.error();
        *text = *std::move(value);
    }
    if (*blob_id && caller.localization.translates())
        return save_view(caller, **blob_id, change);
    if (*blob_id)
        return entity_or_error(caller, caller.service.update_info(**blob_id, std::move(change), caller.actor,
                                                                  caller.precondition));
    const auto created = caller.service.create({}, std::move(change), caller.actor);
    if (!created)
        return created.error();
    return entity_answer(caller, &created->info);
}

AgentOutcome delete_entity(const AgentCaller& caller) {
    const auto removed =
        caller.service.remove(*caller.request.blob_entity_id, caller.actor, caller.precondition);
    if (!removed)
        return removed.error();
    return removed_answer();
}

AgentOutcome blob_stream(const AgentCaller& caller, const AgentArguments& arguments) {
    const auto blob_id = arguments.blob_id("BlobEntityId");
    if (!blob_id)
        return blob_id.error();
    const auto stored = caller.service.image(*blob_id);
    if (stored)
        return bytes_answer(caller, stored->bytes, stored->info.format);
    // The blob is there, and its bytes are none yet.
    if (stored.error() == errc::blob_without_image)
        return bytes_answer(caller, {}, {});
    return stored.error();
}

AgentOutcome set_blob_stream(const AgentCaller& caller, const AgentArguments& arguments) {
    const auto blob_id = arguments.blob_id("BlobEntityId");
    if (!blob_id)
        return blob_id.error();
    auto bytes = arguments.bytes("Stream", caller.service.limits());
    if (!bytes)
        return bytes.error();
    const auto saved = caller.service.replace(*blob_id, *std::move(bytes), caller.actor, caller.precondition);
    if (!saved)
        return saved.error();
    return stored_by_agent_answer(saved->info);
}

} // namespace

Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format) {
    Response response;
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "private, no-cache");
    if (form == BinaryForm::document) {
        set_base64_document(response, type, bytes);
        return response;
    }
    const bool as_picture = form == BinaryForm::picture && format;
    response.set("Content-Type", std::string{as_picture ? media_type(*format) : "application/octet-stream"});
    if (as_picture)
        response.set("Content-Security-Policy", "default-src 'none'");
    response.set("Vary", "Accept");
    response.body = bytes;
    return response;
}

Response stored_by_agent_answer(const ImageInfo& info) {
    auto response = removed_answer();
    response.set("ETag", entity_tag(info.version()));
    response.set("Last-Modified", format_http_date(info.last_modified()));
    return response;
}

AgentOutcome answer_agent_call(const AgentCaller& caller, const AgentArguments& arguments) {
    switch (caller.request.call) {
    case AgentCall::get_person_image: return person_image(caller, arguments, Absent::error);
    case AgentCall::get_person_image_or_nothing: return person_image(caller, arguments, Absent::nothing);
    case AgentCall::create_default_person_image: return default_person_image(caller);
    case AgentCall::change_person_image: return change_person_image(caller, arguments);
    case AgentCall::save_image_stream: return save_image_stream(caller, arguments);
    case AgentCall::get_blob_entity_on_person: return entity_on_person(caller, arguments);
    case AgentCall::get_blob_entity:
        return entity_or_error(caller, caller.service.info(*caller.request.blob_entity_id));
    case AgentCall::create_default_blob_entity: return entity_answer(caller, nullptr);
    case AgentCall::save_blob_entity: return save_entity(caller, arguments);
    case AgentCall::delete_blob_entity: return delete_entity(caller);
    case AgentCall::get_blob_stream: return blob_stream(caller, arguments);
    case AgentCall::set_blob_stream: return set_blob_stream(caller, arguments);
    case AgentCall::set_person_image:
    case AgentCall::get_person_images:
    case AgentCall::get_person_image_with_size:
    case AgentCall::none: break;
    }
    return Error{errc::internal};
}

} // namespace portrait::http
