#include "endpoint/endpoint_state.hpp"
#include "pictures/entity_tag.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/wanted_rendition.hpp"

#include <utility>

namespace portrait::http {

namespace {

/// Whether the stored bytes are what is wanted.
bool is_as_stored(const Rendition& wanted, const ImageInfo& info) noexcept {
    return !wanted.width && !wanted.height && wanted.format == info.format;
}

} // namespace

/// Who has the picture already needs no bytes, whether they are at hand or not.
std::optional<Response> Endpoint::State::decided_at_hand(const Admission::State& request,
                                                         const RequestHead& head) const {
    const auto info = service->cached_info(*request.person_id);
    if (!info || !info->format ||
        !is_as_stored(wanted_rendition(request.query.rendition, *info, head, options.renditions != nullptr),
                      *info))
        return std::nullopt;
    auto decided = conditional_answer(head, *info, entity_tag(info->version()), request.response_type);
    return decided ? std::optional{finished(request, *std::move(decided))} : std::nullopt;
}

std::optional<Response> Endpoint::State::picture_at_hand(const Admission::State& request,
                                                         const RequestHead& head) const {
    const auto person_id = *request.person_id;
    const bool can_convert = options.renditions != nullptr;
    if (!request.query.rendition.width && !request.query.rendition.height) {
        if (head.find("If-None-Match") != nullptr || head.find("If-Modified-Since") != nullptr)
            if (auto decided = decided_at_hand(request, head))
                return decided;
        auto stored = service->cached_image(person_id);
        if (stored && is_as_stored(wanted_rendition(request.query.rendition, stored->info, head, can_convert),
                                   stored->info))
            return finished(request,
                            picture_answer(head, person_id, *std::move(stored), request.response_type));
    }
    if (!can_convert)
        return std::nullopt;
    auto info = service->cached_info(person_id);
    if (!info || !info->format)
        return std::nullopt;
    const auto wanted = wanted_rendition(request.query.rendition, *info, head, can_convert);
    if (is_as_stored(wanted, *info))
        return std::nullopt;
    if (auto decided =
            conditional_answer(head, *info, entity_tag(info->version(), wanted), request.response_type))
        return finished(request, *std::move(decided));
    auto made = options.renditions->cached(*info, wanted);
    if (!made)
        return std::nullopt;
    return finished(request, rendition_answer(head, person_id, wanted, {*std::move(info), *std::move(made)},
                                              request.response_type));
}

void Endpoint::State::read_image(const std::shared_ptr<Admission::State>& request,
                                 const ReplyOnce& reply) const {
    const auto& asked = request->query.rendition;
    const auto head = request->conditional.head();
    const bool can_convert = options.renditions != nullptr;
    if (asked.width || asked.height) {
        const auto info = service->info(*request->person_id);
        if (!info)
            return answer_without_picture(request, info.error(), reply);
        return render(request, *info, wanted_rendition(asked, *info, head, can_convert), reply);
    }
    auto stored = service->image(*request->person_id);
    if (!stored)
        return answer_without_picture(request, stored.error(), reply);
    const auto wanted = wanted_rendition(asked, stored->info, head, can_convert);
    if (!is_as_stored(wanted, stored->info))
        return render(request, stored->info, wanted, reply);
    reply(finished(*request,
                   picture_answer(head, *request->person_id, *std::move(stored), request->response_type)));
}

void Endpoint::State::render(const std::shared_ptr<Admission::State>& request, const ImageInfo& info,
                             const Rendition& wanted, const ReplyOnce& reply) const {
    if (!options.renditions)
        return reply(refuse(*request, Error{errc::rendition_not_supported}));
    if (auto decided = conditional_answer(request->conditional.head(), info,
                                          entity_tag(info.version(), wanted), request->response_type))
        return reply(finished(*request, *std::move(decided)));
    options.renditions->submit(
        *request->person_id, info, wanted, request->stop,
        [this, request, wanted, reply, token = work.begin()](result<ImageRendition> made) {
            try {
                if (!made)
                    return answer_without_picture(request, made.error(), reply);
                reply(finished(*request, rendition_answer(request->conditional.head(), *request->person_id,
                                                          wanted, *std::move(made), request->response_type)));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

void Endpoint::State::answer_without_picture(const std::shared_ptr<Admission::State>& request,
                                             const Error& error, const ReplyOnce& reply) const {
    if (error != errc::image_none || !request->query.if_blank)
        return reply(refuse(*request, error));
    if (!options.renditions)
        return reply(
            refuse(*request, Error{errc::rendition_not_supported,
                                   "Placeholder pictures are not available here; ask with ifBlank=Null"}));
    const auto kind = *request->query.if_blank;
    const auto head = request->conditional.head();
    const auto wanted = placeholder_rendition(request->query.rendition, head);
    if (auto known = known_placeholder_answer(head, entity_tag(kind, wanted)))
        return reply(finished(*request, *std::move(known)));
    options.renditions->submit(
        kind, wanted, request->stop,
        [this, request, kind, wanted, reply, token = work.begin()](result<RenderedImage> drawn) {
            try {
                reply(drawn ? finished(*request, placeholder_answer(*request->person_id, *std::move(drawn),
                                                                    entity_tag(kind, wanted)))
                            : refuse(*request, drawn.error()));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

} // namespace portrait::http
