#pragma once

#include "agents/agent_arguments.hpp"
#include "agents/agent_request.hpp"
#include "localization/localization.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <portrait/image_format.hpp>
#include <portrait/precondition.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::http::agents {

/// A call of an agent (contract section 7). Its arguments are in the body, which is read by their types.
class AgentExchange : public Exchange {
public:
    AgentExchange(RequestPointer request, AgentRequest head, Localization localization);

    std::uint64_t body_limit() const noexcept override { return head_.body_limit; }
    void finish(ImageBytes body, const Reply& reply) final;

protected:
    /// A call that answers later overrides this one, any other `answer`. Both may block on the store.
    virtual void call(AgentArguments& arguments, const Reply& reply) { reply(answer(arguments)); }
    virtual Answer answer(const AgentArguments& /*arguments*/) { return Error{errc::internal}; }

    const Request& request() const noexcept { return *request_; }
    PersonImageService& service() const noexcept { return request_->service(); }
    const AgentRequest& head() const noexcept { return head_; }
    const Localization& localization() const noexcept { return localization_; }
    /// Of the calls that write.
    const Precondition& precondition() const noexcept { return precondition_; }

    /// A BlobEntity with the properties that `$select` leaves; null: an empty one.
    Answer entity_answer(const ImageInfo* info) const;
    Answer entity_answer(const result<ImageInfo>& info) const;
    /// Bytes as Accept has them: raw, as the picture, or as base64 in a document.
    Response bytes_answer(const ImageBytes& bytes, std::optional<ImageFormat> format) const;

private:
    RequestPointer request_;
    AgentRequest head_;
    Localization localization_;
    Precondition precondition_;
};

/// The head of a call: its time zone, its body's type and length.
struct AgentHead {
    AgentRequest request;
    Localization localization;
};
[[nodiscard]] ProblemOr<AgentHead> judge_agent_head(const Request& request);

/// `Route::begin` of a call.
template<class Call>
Begun begin_call(const RequestPointer& request) {
    auto head = judge_agent_head(*request);
    if (!head)
        return head.error();
    return std::make_unique<Call>(request, std::move(head->request), std::move(head->localization));
}

/// `Route::begin` of a call whose blob is in the query: its constructor takes the id as well.
template<class Call>
Begun begin_call_by_query(const RequestPointer& request) {
    auto head = judge_agent_head(*request);
    if (!head)
        return head.error();
    const auto blob_id = blob_entity_id_of(request->url());
    if (!blob_id)
        return blob_id.error();
    return std::make_unique<Call>(request, std::move(head->request), std::move(head->localization), *blob_id);
}

/// The answer of the calls that store a picture: 204 with its ETag.
Response stored_answer(const ImageInfo& info);

/// The documentation of a call: `refusals` beside those that every call has.
RouteDocumentation document_call(AnswerDocumentation success, std::vector<unsigned> refusals,
                                 std::vector<std::string_view> parameters = {});
/// Of a call that ignores its body.
RouteDocumentation document_bare_call(AnswerDocumentation success, std::vector<unsigned> refusals,
                                      std::vector<std::string_view> parameters);

/// What writes may be conditional on.
std::vector<std::string_view> write_conditions();

} // namespace portrait::http::agents
