#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/image_query.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace portrait::http {
namespace {

/// Whether the stored bytes are the wanted rendition.
bool is_as_stored(const Rendition& wanted, const ImageInfo& info) noexcept {
    return !wanted.width && !wanted.height && wanted.format == info.format;
}

/// GET and HEAD /api/v1/Person/{personId}/Image (contract sections 1, 2 and 6): the picture as stored, in
/// another size or type, or a placeholder.
class GetPersonImage : public std::enable_shared_from_this<GetPersonImage> {
public:
    /// Answers at once when the picture, or its version for a conditional request, is in memory. Otherwise
    /// reads on a thread of the readers, unless the store has threads for that.
    static Begun begin(const RequestPointer& request) {
        const auto person_id = request->person_id();
        if (!person_id)
            return person_id.error();
        const auto query = parse_image_query(request->url());
        if (!query)
            return query.error();
        GetPersonImage get{request, *person_id, *query};
        if (auto answer = get.answer_from_memory(request->head()))
            return *std::move(answer);
        get.head_ = std::make_shared<const OwnedHead>(request->head());
        const auto kept = std::make_shared<const GetPersonImage>(std::move(get));
        if (request->service().fetches_without_blocking())
            return Later{[kept](const Reply& reply) { kept->read(reply); }};
        return Exchange{[kept](const ImageBytes& /*body*/, const Reply& reply) { kept->read(reply); }};
    }

    GetPersonImage(RequestPointer request, PersonId person_id, const ImageQuery& query)
        : request_{std::move(request)}
        , person_id_{person_id}
        , query_{query} {}

private:
    const PersonImageService& service() const { return request_->service(); }
    ResponseType type() const { return request_->refusal_type(); }
    bool is_scaled() const { return query_.rendition.width || query_.rendition.height; }
    bool can_render() const { return request_->contract().can_render(); }
    const RenditionService& renditions() const { return *request_->options().renditions; }

    std::string tag_of(std::string_view epoch, const ImageInfo& info, const Rendition& rendition) const {
        return entity_tag(epoch, info.version(), rendition, renditions().revision());
    }

    /// A client that has the picture needs no bytes, whether or not they are in memory.
    static bool is_conditional(const RequestHead& head) {
        return head.find("If-None-Match") != nullptr || head.find("If-Modified-Since") != nullptr;
    }

    void read(const Reply& reply) const {
        if (!is_scaled() && !is_conditional(head_->head()))
            return read_picture(reply);
        const auto answer = [self = shared_from_this(), reply](const result<ImageInfo>& info) {
            if (!info)
                return self->answer_without_picture(info.error(), reply);
            self->answer_with(*info, reply);
        };
        service().fetch_info(person_id_, reply.contained(answer));
    }

    void answer_with(const ImageInfo& info, const Reply& reply) const {
        const auto& head = head_->head();
        if (!info.format)
            return read_picture(reply); // which has the error
        const auto rendition = wanted(info, head);
        if (!is_as_stored(rendition, info))
            return render(info, rendition, reply);
        const auto context = request_->validators();
        if (auto decided =
                conditional_answer(head, info, entity_tag(context.epoch, info.version()), type(), context))
            return reply(*std::move(decided));
        read_picture(reply);
    }

    void read_picture(const Reply& reply) const {
        const auto answer = [self = shared_from_this(), reply](result<StoredImage> stored) {
            if (!stored)
                return self->answer_without_picture(stored.error(), reply);
            const auto& head = self->head_->head();
            const auto rendition = self->wanted(stored->info, head);
            if (!is_as_stored(rendition, stored->info))
                return self->render(stored->info, rendition, reply);
            reply(picture_answer(head, self->person_id_, *std::move(stored), self->type(),
                                 self->request_->validators()));
        };
        service().fetch(person_id_, reply.contained(answer));
    }

    std::optional<Response> answer_from_memory(const RequestHead& head) const {
        const bool has_condition = is_conditional(head);
        if (!has_condition)
            if (auto answer = stored_from_memory(head))
                return answer;
        auto info = service().cached_info(person_id_);
        if (!info || !info->format)
            return std::nullopt;
        const auto rendition = wanted(*info, head);
        const bool as_stored = is_as_stored(rendition, *info);
        if (!as_stored && !can_render())
            return std::nullopt;
        const auto context = request_->validators();
        const auto tag =
            as_stored ? entity_tag(context.epoch, info->version()) : tag_of(context.epoch, *info, rendition);
        if (auto decided = conditional_answer(head, *info, tag, type(), context))
            return decided;
        if (as_stored)
            return has_condition ? stored_from_memory(head) : std::nullopt;
        auto made = renditions().cached(*info, rendition);
        if (!made)
            return std::nullopt;
        return rendition_answer(head, person_id_, tag, {*std::move(info), *std::move(made)}, type(), context);
    }

    std::optional<Response> stored_from_memory(const RequestHead& head) const {
        auto stored = is_scaled() ? std::nullopt : service().cached_image(person_id_);
        if (!stored || !is_as_stored(wanted(stored->info, head), stored->info))
            return std::nullopt;
        return picture_answer(head, person_id_, *std::move(stored), type(), request_->validators());
    }

    Rendition wanted(const ImageInfo& info, const RequestHead& head) const {
        return wanted_rendition(query_.rendition, info.format.value_or(ImageFormat::png), head, can_render());
    }

    void render(const ImageInfo& info, const Rendition& rendition, const Reply& reply) const {
        if (!can_render())
            return reply(Error{errc::rendition_not_supported});
        const auto context = request_->validators();
        const auto tag = tag_of(context.epoch, info, rendition);
        if (auto decided = conditional_answer(head_->head(), info, tag, type(), context))
            return reply(*std::move(decided));
        auto answer = [self = shared_from_this(), rendition, reply](result<ImageRendition> made) {
            if (!made)
                return self->answer_without_picture(made.error(), reply);
            const auto rendered = self->request_->validators();
            // Of the picture that was rendered.
            const auto new_tag = self->tag_of(rendered.epoch, made->info, rendition);
            reply(rendition_answer(self->head_->head(), self->person_id_, new_tag, *std::move(made),
                                   self->type(), rendered));
        };
        renditions().submit(person_id_, info, rendition, request_->render_caller(), reply.contained(answer));
    }

    /// Answers with the placeholder of `ifBlank`, or with the error.
    void answer_without_picture(const Error& error, const Reply& reply) const {
        if ((error != errc::image_none && error != errc::person_unknown) || !query_.if_blank)
            return reply(error);
        if (!can_render())
            return reply(Error{errc::rendition_not_supported,
                               "Placeholder pictures are not available here; ask with ifBlank=Null"});
        const auto& head = head_->head();
        const auto rendition = wanted_rendition(query_.rendition, ImageFormat::png, head, true);
        const auto tag = entity_tag(*query_.if_blank, rendition, renditions().revision());
        if (auto known = known_placeholder_answer(head, tag))
            return reply(*std::move(known));
        renditions().submit(*query_.if_blank, rendition, request_->render_caller(),
                            reply.when([person_id = person_id_, tag](RenderedImage drawn) {
                                return placeholder_answer(person_id, std::move(drawn), tag);
                            }));
    }

    RequestPointer request_;
    PersonId person_id_;
    ImageQuery query_;
    std::shared_ptr<const OwnedHead> head_; ///< of a request that memory alone doesn't answer
};

} // namespace

constinit const Route get_person_image{
    .method = "GET",
    .path = "/api/v1/Person/{personId}/Image",
    .summary = "The person's picture",
    .begin = &GetPersonImage::begin,
    .document = {
        .subject = "PersonImage",
        .parameters = {"w", "h", "crop", "type", "ifBlank", "If-Match", "If-None-Match", "If-Modified-Since",
                       "If-Unmodified-Since", "If-Range", "Range"},
        .answers = {{200, BodyContent::picture}, {206, BodyContent::picture}, {304, BodyContent::nothing}},
        .refusals = {400, 404, 412, 416, 422, 501, 503}}};

} // namespace portrait::http
