#include "routes/agents/agent_call.hpp"

#include "entity/blob_entity.hpp"
#include "headers/http_date.hpp"
#include "pictures/conditional.hpp"
#include "pictures/entity_tag.hpp"

#include <utility>

namespace portrait::http {

namespace {

using BlobHandler = Answer (*)(const AgentCall&, BlobId);
using LaterHandler = void (*)(const AgentCall&, AgentArguments&, const Reply&);
using Handler = Answer (*)(const AgentCall&, const AgentArguments&);

class AgentExchange final : public Exchange {
public:
    AgentExchange(AgentCall call, std::optional<BlobId> blob_id)
        : call_{std::move(call)}
        , blob_id_{blob_id} {}

    std::uint64_t body_limit() const noexcept override { return call_.head.body_limit; }

    void finish(ImageBytes body, const Reply& reply) override {
        const auto& route = *call_.request->route();
        auto arguments = read_agent_arguments(route.arguments, call_.head.body_type, body);
        body = {}; // the arguments share the parts that they need
        if (!arguments)
            return reply(arguments.error());
        if (const auto* const later = std::get_if<LaterHandler>(&route.handler))
            return (*later)(call_, *arguments, reply);
        reply(blob_id_ ? std::get<BlobHandler>(route.handler)(call_, *blob_id_)
                       : std::get<Handler>(route.handler)(call_, *arguments));
    }

private:
    AgentCall call_;
    std::optional<BlobId> blob_id_; ///< of the query
};

} // namespace

Response AgentCall::entity_answer(const ImageInfo* info) const {
    const auto type = request->response_type();
    if (head.selection.empty())
        return info != nullptr ? changed_info_answer(*info, type, localization)
                               : empty_info_answer(type, localization);
    auto response =
        document_answer(type, "BlobEntity", selected(blob_entity(info, localization), head.selection));
    localization.describe(response);
    return response;
}

Answer AgentCall::entity_answer(const result<ImageInfo>& info) const {
    return answer_of(info, [this](const ImageInfo& found) { return entity_answer(&found); });
}

Response AgentCall::bytes_answer(const ImageBytes& bytes, std::optional<ImageFormat> format) const {
    return binary_answer(head.binary_form, request->response_type(), bytes, format);
}

Answer AgentCall::bytes_answer(const result<StoredImage>& stored) const {
    return answer_of(
        stored, [this](const StoredImage& found) { return bytes_answer(found.bytes, found.info.format); });
}

Answer AgentCall::empty_answer(const Error& error) const {
    if (error == errc::image_none || error == errc::blob_without_image)
        return bytes_answer({}, {});
    return error;
}

Response stored_answer(const SavedImage& saved) {
    auto response = removed_answer();
    response.set("ETag", entity_tag(saved.info.version()));
    response.set("Last-Modified", format_http_date(saved.info.last_modified()));
    return response;
}

Begun begin_agent_call(const RequestPointer& request) {
    const auto& route = *request->route();
    auto localization = Localization::of(request->head(), request->options().localization);
    if (!localization)
        return localization.error();
    auto head = judge_agent_call(request->head(), request->url(), !route.arguments.empty(),
                                 request->service().limits());
    if (!head)
        return head.error();
    std::optional<BlobId> blob_id;
    if (std::holds_alternative<BlobHandler>(route.handler)) {
        const auto parsed = blob_entity_id_of(request->url());
        if (!parsed)
            return parsed.error();
        blob_id = *parsed;
    }
    AgentCall call{request, *std::move(head), *std::move(localization)};
    if (route.access == Access::write)
        call.precondition = write_precondition(request->head());
    return std::make_unique<AgentExchange>(std::move(call), blob_id);
}

} // namespace portrait::http
