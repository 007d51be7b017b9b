#include "routes/agents/agent_exchange.hpp"

#include "agents/binary_answer.hpp"
#include "entity/blob_entity.hpp"
#include "headers/http_date.hpp"
#include "pictures/conditional.hpp"
#include "pictures/entity_tag.hpp"
#include "pictures/image_answers.hpp"

namespace portrait::http::agents {

AgentExchange::AgentExchange(RequestPointer request, AgentRequest head, Localization localization)
    : request_{std::move(request)}
    , head_{std::move(head)}
    , localization_{std::move(localization)} {
    if (request_->access() == Access::write)
        precondition_ = write_precondition(request_->head());
}

void AgentExchange::finish(ImageBytes body, const Reply& reply) {
    auto arguments = read_agent_arguments(request_->route()->arguments, head_.body_type, body);
    body = {}; // the arguments share what they need of it
    if (!arguments)
        return reply(arguments.error());
    call(*arguments, reply);
}

Answer AgentExchange::entity_answer(const ImageInfo* info) const {
    const auto type = request_->response_type();
    if (head_.selection.empty())
        return info != nullptr ? changed_info_answer(*info, type, localization_)
                               : empty_info_answer(type, localization_);
    auto response =
        document_answer(type, "BlobEntity", selected(blob_entity(info, localization_), head_.selection));
    localization_.describe(response);
    return response;
}

Answer AgentExchange::entity_answer(const result<ImageInfo>& info) const {
    if (!info)
        return info.error();
    return entity_answer(&*info);
}

Response AgentExchange::bytes_answer(const ImageBytes& bytes, std::optional<ImageFormat> format) const {
    return binary_answer(head_.binary_form, request_->response_type(), bytes, format);
}

ProblemOr<AgentHead> judge_agent_head(const Request& request) {
    auto localization = Localization::of(request.head(), request.options().localization);
    if (!localization)
        return localization.error();
    const bool reads_body = !request.route()->arguments.empty();
    auto head = judge_agent_call(request.head(), request.url(), reads_body, request.service().limits());
    if (!head)
        return head.error();
    return AgentHead{*std::move(head), *std::move(localization)};
}

Response stored_answer(const ImageInfo& info) {
    auto response = removed_answer();
    response.set("ETag", entity_tag(info.version()));
    response.set("Last-Modified", format_http_date(info.last_modified()));
    return response;
}

RouteDocumentation document_call(AnswerDocumentation success, std::vector<unsigned> refusals,
                                 std::vector<std::string_view> parameters) {
    refusals.push_back(415);
    auto documentation = document_bare_call(success, std::move(refusals), std::move(parameters));
    documentation.request = BodyContent::agent_arguments;
    return documentation;
}

RouteDocumentation document_bare_call(AnswerDocumentation success, std::vector<unsigned> refusals,
                                      std::vector<std::string_view> parameters) {
    refusals.insert(refusals.end(), {400, 503}); // 400 of an unknown time zone
    if (success.content == BodyContent::entity)
        parameters.insert(parameters.end(), {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone"});
    return {.parameters = std::move(parameters), .answers = {success}, .refusals = std::move(refusals)};
}

std::vector<std::string_view> write_conditions() {
    return {"If-Match", "If-None-Match", "If-Unmodified-Since"};
}

} // namespace portrait::http::agents
