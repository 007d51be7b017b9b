#include "endpoint/endpoint_state.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/image_uploads.hpp"

#include <utility>

namespace portrait::http {

void Endpoint::State::finish(std::unique_ptr<Admission::State> admitted, ImageBytes body,
                             std::function<void(Response)> done) {
    const std::shared_ptr<Admission::State> request{std::move(admitted)};
    const ReplyOnce reply{std::move(done)};
    auto& executor = access_of(request->operation) == Access::write ? *writers : *readers;
    auto task = [this, request, reply, body = std::move(body), token = work.begin()]() mutable {
        try {
            if (request->stop.stop_requested() && access_of(request->operation) == Access::read)
                return reply(refuse(*request, Error{errc::cancelled}));
            run(request, std::move(body), reply);
        } catch (...) {
            reply(broken(*request));
        }
    };
    bool taken = false;
    try {
        taken = executor.execute(std::move(task));
    } catch (...) {
        return reply(broken(*request));
    }
    if (!taken)
        reply(refuse(*request, Error{errc::service_busy}));
}

void Endpoint::State::run(const std::shared_ptr<Admission::State>& request, ImageBytes body,
                          const ReplyOnce& reply) {
    switch (request->operation) {
    case Operation::put_image: return save(request, std::move(body), reply);
    case Operation::delete_image: return reply(remove(*request));
    case Operation::put_image_info:
    case Operation::patch_image_info: return reply(edit_info(*request, body));
    case Operation::get_image: return read_image(request, reply);
    case Operation::create_session: return sign_in(request, body, reply);
    case Operation::read_by_agent:
    case Operation::write_by_agent:
    case Operation::upload_by_agent: return call_agent(request, std::move(body), reply);
    default: return reply(read_info(*request));
    }
}

void Endpoint::State::save(const std::shared_ptr<Admission::State>& request, ImageBytes body,
                           const ReplyOnce& reply) {
    auto picture = picture_of(std::move(body), request->upload_type);
    if (!picture)
        return reply(refuse(*request, picture.error()));
    // The store answers from its committing thread once the picture is durable; this thread is free before.
    service->submit(
        *request->person_id, *std::move(picture), request->principal.actor, std::move(request->precondition),
        [this, request, reply, token = work.begin()](const result<SavedImage>& saved) {
            try {
                reply(saved ? finished(*request, saved_answer(saved->info, request->response_type))
                            : refuse(*request, saved.error()));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

Response Endpoint::State::remove(Admission::State& request) {
    const auto removed =
        service->remove(*request.person_id, request.principal.actor, std::move(request.precondition));
    return removed ? finished(request, removed_answer()) : refuse(request, removed.error());
}

Response Endpoint::State::read_info(const Admission::State& request) const {
    const auto info = service->info(*request.person_id);
    if (info)
        return finished(request, info_answer(request.conditional.head(), *info, request.response_type,
                                             request.localization));
    if (info.error() == errc::image_none)
        return finished(request, empty_info_answer(request.response_type, request.localization));
    return refuse(request, info.error());
}

} // namespace portrait::http
