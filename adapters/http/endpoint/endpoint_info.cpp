#include "endpoint/endpoint_state.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

namespace {

/// A patch that lost a race is applied to what won it, this many times.
constexpr int max_attempts = 32;

Precondition still(const ImageVersion& version) {
    Precondition precondition;
    precondition.if_match = VersionCondition{.any = false, .versions = {version}};
    return precondition;
}

} // namespace

BeginOutcome Endpoint::State::admit_info_edit(const RequestHead& head,
                                              std::unique_ptr<Admission::State>& request) const {
    const auto type = body_type_of(head.find("Content-Type"));
    if (!type)
        return refuse(*request, plain_problem(415, "request.unsupported_media_type",
                                              fmt::format("The Content-Type is not accepted; send one of {}",
                                                          accepted_body_types())));
    if (!head.chunked && head.content_length.value_or(0) == 0)
        return refuse(*request, plain_problem(400, "request.body_missing",
                                              "The body is missing; send a BlobEntity or a patch of one"));
    if (head.content_length && *head.content_length > max_info_body)
        return refuse(*request, body_too_large(max_info_body, head.content_length));
    request->body_type = *type;
    request->body_limit = max_info_body;
    request->precondition = write_precondition(head);
    return Admission{std::move(request)};
}

Response Endpoint::State::edit_info(const Admission::State& request, const ImageBytes& body) {
    const auto edit = InfoEdit::read(request.body_type, body.text());
    if (!edit)
        return refuse(request, edit.error());
    // A view of a stored string leaves that string as it is, so what is stored has to be seen.
    if (edit->change() == nullptr || request.localization.translates())
        return edit_stored_info(request, *edit);
    const auto updated = service->update_info(*request.person_id, *edit->change(), request.principal.actor,
                                              request.precondition);
    return updated
               ? finished(request, changed_info_answer(*updated, request.response_type, request.localization))
               : refuse(request, updated.error());
}

Response Endpoint::State::edit_stored_info(const Admission::State& request, const InfoEdit& edit) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto stored = service->info(*request.person_id);
        if (!stored && stored.error() != errc::image_none)
            return refuse(request, stored.error());
        // What the client demands, of the very version that is written over below.
        if (const auto checked = request.precondition.check(stored ? &*stored : nullptr); !checked)
            return refuse(request, checked.error());
        if (!stored)
            return refuse(request, stored.error());
        auto change = edit.change_of(*stored, request.localization);
        if (!change)
            return refuse(request, change.error());
        const auto updated = service->update_info(*request.person_id, *std::move(change),
                                                  request.principal.actor, still(stored->version()));
        if (updated)
            return finished(request,
                            changed_info_answer(*updated, request.response_type, request.localization));
        if (updated.error() != errc::precondition_failed)
            return refuse(request, updated.error());
    }
    return refuse(request, Error{errc::service_busy, "Others kept changing the ImageInfo; try again later"});
}

} // namespace portrait::http
