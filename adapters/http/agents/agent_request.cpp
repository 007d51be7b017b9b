#include "agents/agent_request.hpp"

#include "formats/base64.hpp"
#include "headers/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace portrait::http {

namespace {

/// Bytes that a body may have beside a picture's base64 text.
constexpr std::uint64_t body_allowance = 64ULL * 1024;

/// JSON without a Content-Type, since the clients of these calls send JSON.
std::optional<BodyType> agent_body_type(const RequestHead& head) {
    const auto* const content_type = head.find("Content-Type");
    if (content_type == nullptr || trimmed(*content_type).empty())
        return BodyType::json;
    return body_type_of(content_type);
}

/// The last query parameter of that name, in any case.
std::optional<std::string> query_value(const boost::urls::url_view& url, std::string_view name) {
    std::optional<std::string> value;
    for (const auto& parameter : url.params())
        if (equal_ignoring_case(parameter.key, name))
            value = parameter.value;
    return value;
}

} // namespace

BinaryForm negotiate_binary(const RequestHead& head) noexcept {
    static constexpr std::array<std::string_view, 11> offers{"application/octet-stream",
                                                             "image/png",
                                                             "image/jpeg",
                                                             "image/gif",
                                                             "image/tiff",
                                                             "application/json",
                                                             "text/json",
                                                             "application/xml",
                                                             "text/xml",
                                                             "application/json-patch+json",
                                                             "application/merge-patch+json"};
    static_assert(offers.size() <= max_offers);
    constexpr std::size_t first_document = 5;
    if (head.find("Accept") == nullptr)
        return BinaryForm::raw;
    const auto best = best_offer(head, offers);
    if (!best || *best >= first_document)
        return BinaryForm::document;
    return *best == 0 ? BinaryForm::raw : BinaryForm::picture;
}

Selection parse_selection(std::string_view value) {
    Selection selection;
    while (!value.empty()) {
        const auto member = value.substr(0, value.find(','));
        value.remove_prefix(std::min(member.size() + 1, value.size()));
        const auto name = trimmed(member.substr(0, member.find('/')));
        if (!name.empty())
            selection.emplace_back(name);
    }
    return selection;
}

bool is_selected(const Selection& selection, std::string_view name) {
    return selection.empty() || std::any_of(selection.begin(), selection.end(), [&](const auto& wanted) {
               return equal_ignoring_case(wanted, name);
           });
}

boost::json::object selected(const boost::json::object& document, const Selection& selection) {
    boost::json::object rest;
    for (const auto& member : document)
        if (is_selected(selection, member.key()))
            rest.emplace(member.key(), member.value());
    return rest;
}

ProblemOr<AgentRequest> judge_agent_call(const RequestHead& head, const boost::urls::url_view& url,
                                         bool reads_body, const Limits& limits) {
    const auto largest = std::min<std::uint64_t>(limits.max_bytes, std::numeric_limits<std::int32_t>::max());
    AgentRequest request{.body_type = BodyType::json,
                         .body_limit = encoded_base64_size(largest) + body_allowance,
                         .binary_form = negotiate_binary(head),
                         .selection = parse_selection(query_value(url, "$select").value_or(""))};
    if (head.content_length && *head.content_length > request.body_limit)
        return body_too_large(request.body_limit, head.content_length);
    const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
    if (has_body && reads_body) {
        const auto type = agent_body_type(head);
        if (!type)
            return unsupported_media_type(accepted_body_types());
        request.body_type = *type;
    }
    return request;
}

ProblemOr<BlobId> blob_entity_id_of(const boost::urls::url_view& url) {
    const auto id = BlobId::parse(query_value(url, "blobEntityId").value_or(""));
    if (!id)
        return plain_problem(
            400, id.error().rule(),
            "The query parameter blobEntityId is not valid; a whole number from 1 to 2147483647 is accepted");
    return *id;
}

} // namespace portrait::http
