#include "routes/agents/agent_call.hpp"

#include "entity/blob_entity.hpp"
#include "formats/base64.hpp"
#include "headers/field_syntax.hpp"
#include "headers/query.hpp"
#include "pictures/conditional.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace portrait::http {
namespace {

/// Bytes that a body may have beside a picture's base64 text.
constexpr std::uint64_t body_allowance = 64ULL * 1024;

constexpr std::string_view accepted_ids = "a whole number from 1 to 2147483647 is";

/// Reads the person's id from the query, where the route documents it. The vendor's client sends it there,
/// without a body.
ProblemOr<void> read_person_in_query(AgentCall& call) {
    for (const auto key : call.request->route()->document.parameters) {
        if (key != "personEntityId" && key != "personIdInQuery")
            continue;
        const std::string_view name = key == "personEntityId" ? key : "personId";
        const auto value = query_value(call.request->url(), name);
        if (value.empty())
            continue; // it may be in the body
        const auto id = PersonId::parse(value);
        if (!id)
            return bad_parameter(id.error().rule(), name, value, accepted_ids);
        call.person_id = *id;
    }
    return {};
}

/// Reads the arguments, and the id of the picture when the first argument is one.
ProblemOr<void> read_arguments(AgentCall& call, BodyType type, const ImageBytes& body) {
    const auto& wanted = call.request->route()->arguments;
    auto arguments = read_agent_arguments(wanted, type, body);
    if (!arguments)
        return arguments.error();
    call.arguments = *std::move(arguments);
    const auto first = wanted.empty() ? std::string_view{} : wanted.begin()->name;
    if (first == "PersonId" && !call.person_id) {
        const auto id = call.arguments.person_id();
        if (!id)
            return id.error();
        call.person_id = *id;
    } else if (first == "BlobEntityId") {
        const auto id = call.arguments.blob_entity_id();
        if (!id)
            return id.error();
        call.blob_id = *id;
    }
    return {};
}

} // namespace

Response AgentCall::entity_answer(const ImageInfo* info) const {
    const auto form = request->entity_form(localization);
    if (!selection.empty()) {
        auto response = document_answer(form.type, "BlobEntity",
                                        selected(blob_entity(info, localization, form.may_write), selection));
        describe_texts(response, info, localization);
        return response;
    }
    if (info == nullptr)
        return empty_info_answer(form);
    return request->access() == Access::write ? changed_info_answer(*info, form, service().epoch())
                                              : read_info_answer(*info, form, request->validators());
}

Response AgentCall::null_answer(std::string_view xml_root) const {
    return document_answer(request->response_type(), xml_root, nullptr);
}

Response AgentCall::null_bytes_answer() const {
    return binary_form == BinaryForm::document ? null_answer("base64Binary") : bytes_answer({}, {});
}

Answer AgentCall::entity_answer(const result<ImageInfo>& info) const {
    return answer_of(info, [this](const ImageInfo& found) { return entity_answer(&found); });
}

Response AgentCall::bytes_answer(const ImageBytes& bytes, std::optional<ImageFormat> format) const {
    return binary_answer(binary_form, request->response_type(), bytes, format);
}

Answer AgentCall::bytes_answer(const result<StoredImage>& stored) const {
    return answer_of(
        stored, [this](const StoredImage& found) { return bytes_answer(found.bytes, found.info.format); });
}

Answer AgentCall::optional_answer(const result<StoredImage>& stored) const {
    return stored ? bytes_answer(stored) : empty_answer(stored.error());
}

Answer AgentCall::empty_answer(const Error& error) const {
    if (error == errc::image_none || error == errc::blob_without_image)
        return bytes_answer({}, {});
    return error;
}

Response stored_answer(const ImageInfo& info, std::string_view epoch) {
    auto response = removed_answer();
    describe_saved(response, info, epoch, false);
    return response;
}

Begun begin_agent_call(const RequestPointer& request) {
    const auto& route = *request->route();
    const auto& head = request->head();
    auto localization = Localization::of(head, request->options().localization);
    if (!localization)
        return localization.error();
    const auto largest = std::min<std::uint64_t>(request->service().limits().max_bytes,
                                                 std::numeric_limits<std::int32_t>::max());
    const auto body_limit = encoded_base64_size(largest) + body_allowance;
    if (head.content_length && *head.content_length > body_limit)
        return body_too_large(body_limit, head.content_length);
    std::optional type{BodyType::json}; // without a Content-Type, since clients of these calls send JSON
    const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
    const auto* const content_type = head.find("Content-Type");
    if (has_body && !route.arguments.empty() && content_type != nullptr && !trimmed(*content_type).empty())
        type = body_type_of(content_type);
    if (!type)
        return unsupported_media_type(content_type, accepted_body_types());
    AgentCall call{.request = request,
                   .localization = *std::move(localization),
                   .binary_form = negotiate_binary(head),
                   .selection = parse_selection(query_value(request->url(), "$select"))};
    if (const auto read = read_person_in_query(call); !read)
        return read.error();
    const auto& parameters = route.document.parameters;
    if (std::find(parameters.begin(), parameters.end(), "blobEntityId") != parameters.end()) {
        const auto value = query_value(request->url(), "blobEntityId");
        const auto id = BlobId::parse(value);
        if (!id)
            return bad_parameter(id.error().rule(), "blobEntityId", value, accepted_ids);
        call.blob_id = *id;
    }
    if (route.access == Access::write)
        call.precondition = write_precondition(head, request->service().epoch());
    auto answer = [call = std::move(call), type = *type](ImageBytes body, const Reply& reply) mutable {
        const auto read = read_arguments(call, type, body);
        body = {}; // the arguments share the parts that they need
        if (!read)
            return reply(read.error());
        call.request->route()->handler(call, reply);
    };
    return Exchange{std::move(answer), body_limit};
}

} // namespace portrait::http
