#include "pictures/image_answers.hpp"

#include "entity/blob_entity.hpp"
#include "entity/documents.hpp"
#include "formats/html.hpp"
#include "headers/field_syntax.hpp"
#include "pictures/conditional.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace portrait::http {
namespace {

/// Sets the fields that every answer about a stored picture has, a 304 included.
void set_validators(Response& response, const ImageInfo& info, std::string_view tag,
                    const ValidatorContext& context) {
    response.set("ETag", tag);
    if (const auto second = last_modified(info, context))
        response.set("Last-Modified", http_date_text(*second).view());
    response.set("Cache-Control", "private, no-cache");
}

void set_dimensions(Response& response, std::uint32_t width, std::uint32_t height) {
    response.set("X-Image-Width", fmt::format_int{width}.str());
    response.set("X-Image-Height", fmt::format_int{height}.str());
}

/// JSON, XML, each right and each language have tags of their own, since their bytes differ.
std::string info_tag(const ImageInfo& info, const EntityForm& form, std::string_view epoch) {
    const std::string_view suffixes[] = {"-info-read", "-info", "-info-xml-read", "-info-xml"};
    const auto index = (is_xml(form.type) ? 2U : 0U) + (form.may_write ? 1U : 0U);
    return form.localization.entity_tag(entity_tag(epoch, info.version(), suffixes[index]));
}

/// Sets the body, and the fields of its language.
void set_entity(Response& response, const ImageInfo& info, const EntityForm& form) {
    set_document(response, form.type, blob_entity_text(form.type, &info, form.localization, form.may_write));
    describe_texts(response, &info, form.localization);
}

/// Sets the fields of every picture, stored or made.
void describe_picture(Response& response, PersonId person_id, const RenderedImage& image) {
    response.set("Content-Type", media_type(image.format));
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Content-Security-Policy", "default-src 'none'");
    fmt::basic_memory_buffer<char, 64> disposition;
    fmt::format_to(std::back_inserter(disposition), FMT_COMPILE("inline; filename=\"person-{}.{}\""),
                   person_id.value(), file_extension(image.format));
    response.set("Content-Disposition", {disposition.data(), disposition.size()});
    response.set("Vary", "Accept");
    set_dimensions(response, image.width, image.height);
}

/// The error object for the user of a browser.
Response problem_page(const Problem& problem) {
    auto page = html_page(problem.status, html_escaped(problem.message),
                          fmt::format("<p>{} {}, <code>{}</code></p>\n", problem.status,
                                      error_type(problem.status), html_escaped(problem.rule)));
    page.set("Vary", "Accept");
    return page;
}

Response shown(const RequestHead& head, PersonId person_id, const ImageInfo& info, RenderedImage image,
               std::string_view tag, ResponseType error_type, const ValidatorContext& context) {
    if (auto decided = conditional_answer(head, info, tag, error_type, context))
        return *std::move(decided);
    const auto size = image.bytes.size();
    const bool has_range = head.count("Range") == 1 && range_applies(head, tag, last_modified(info, context));
    const auto part = select_range(has_range ? head.find("Range") : nullptr, size);
    Response response;
    if (part && part->length == 0) {
        response =
            problem_answer(limit_problem(416, "request.range",
                                         fmt::format("The range lies outside the picture's {} bytes", size),
                                         std::nullopt, size),
                           error_type);
        response.set("Content-Range", content_range(*part, size));
        return response;
    }
    response.reason = "An image";
    if (part) {
        response.status = 206;
        response.reason = {};
        response.set("Content-Range", content_range(*part, size));
        image.bytes = image.bytes.slice(part->first, part->length);
    }
    describe_picture(response, person_id, image);
    set_validators(response, info, tag, context);
    response.set("Accept-Ranges", "bytes");
    response.body = std::move(image.bytes);
    return response;
}

} // namespace

std::optional<Response> conditional_answer(const RequestHead& head, const ImageInfo& info,
                                           std::string_view tag, ResponseType error_type,
                                           const ValidatorContext& context) {
    const auto condition = read_condition(head, info, tag, context);
    if (condition == ReadCondition::proceed)
        return std::nullopt;
    Response response;
    if (condition == ReadCondition::precondition_failed)
        response = problem_answer(problem_of(Error{errc::precondition_failed}, Access::read), error_type);
    else
        response.status = 304;
    set_validators(response, info, tag, context);
    response.set("Vary", "Accept");
    return response;
}

Response picture_answer(const RequestHead& head, PersonId person_id, StoredImage image,
                        ResponseType error_type, const ValidatorContext& context) {
    const auto& info = image.info;
    return shown(head, person_id, info,
                 {std::move(image.bytes), info.format.value_or(ImageFormat::png), info.width, info.height},
                 entity_tag(context.epoch, info.version()), error_type, context);
}

Response rendition_answer(const RequestHead& head, PersonId person_id, std::string_view tag,
                          ImageRendition made, ResponseType error_type, const ValidatorContext& context) {
    return shown(head, person_id, made.info, std::move(made.image), tag, error_type, context);
}

Response placeholder_answer(PersonId person_id, RenderedImage image, std::string_view tag) {
    Response response;
    response.reason = "An image";
    response.set("ETag", tag);
    response.set("Cache-Control", "private, no-cache");
    describe_picture(response, person_id, image);
    response.body = std::move(image.bytes);
    return response;
}

std::optional<Response> known_placeholder_answer(const RequestHead& head, std::string_view tag) {
    std::string memory;
    if (!parse_entity_tags(joined_value(head, "If-None-Match", memory)).has(tag))
        return std::nullopt;
    Response response;
    response.status = 304;
    response.set("ETag", tag);
    response.set("Cache-Control", "private, no-cache");
    response.set("Vary", "Accept");
    return response;
}

Response info_answer(const RequestHead& head, const ImageInfo& info, const EntityForm& form,
                     ResponseType error_type, const ValidatorContext& context) {
    auto decided = conditional_answer(head, info, info_tag(info, form, context.epoch), error_type, context);
    if (!decided)
        return read_info_answer(info, form, context);
    if (decided->status == 304)
        form.localization.describe(*decided, {});
    return *std::move(decided);
}

Response read_info_answer(const ImageInfo& info, const EntityForm& form, const ValidatorContext& context) {
    Response response;
    set_entity(response, info, form);
    set_validators(response, info, info_tag(info, form, context.epoch), context);
    return response;
}

Response changed_info_answer(const ImageInfo& info, const EntityForm& form, std::string_view epoch) {
    Response response;
    set_entity(response, info, form);
    response.set("X-Image-ETag", entity_tag(epoch, info.version()));
    response.set("Cache-Control", "private, no-cache");
    return response;
}

Response empty_info_answer(const EntityForm& form) {
    Response response;
    set_document(response, form.type, blob_entity_text(form.type, nullptr));
    describe_texts(response, nullptr, form.localization);
    response.set("Cache-Control", "private, no-cache");
    return response;
}

Response document_answer(ResponseType type, std::string_view xml_root, const boost::json::value& document) {
    Response response;
    set_document(response, type, xml_root, document);
    response.set("Cache-Control", "private, no-cache");
    return response;
}

void describe_saved(Response& response, const ImageInfo& info, std::string_view epoch,
                    bool is_put_unchanged) {
    response.set(is_put_unchanged ? "ETag" : "X-Image-ETag", entity_tag(epoch, info.version()));
    if (info.format)
        response.set("X-Image-Type", media_type(*info.format));
}

Response saved_answer(const ImageInfo& info, ResponseType type, std::string_view epoch,
                      bool is_put_unchanged) {
    Response response;
    response.reason = "The image blob id";
    set_document(response, type, "int", info.blob_id.value());
    describe_saved(response, info, epoch, is_put_unchanged);
    set_dimensions(response, info.width, info.height);
    return response;
}

Response removed_answer() {
    Response response;
    response.status = 204;
    return response;
}

Response problem_answer(const Problem& problem, ResponseType type) {
    Response response = type == ResponseType::text_html ? problem_page(problem) : Response{};
    response.status = problem.status;
    response.rule = problem.rule;
    if (type != ResponseType::text_html)
        set_document(response, type, "Error", error_document(problem));
    response.set("X-Content-Type-Options", "nosniff");
    if (problem.retry_after)
        response.set("Retry-After", fmt::format_int{problem.retry_after->count()}.str());
    return response;
}

Response text_answer(unsigned status, std::string text) {
    Response response;
    response.status = status;
    response.set("Content-Type", "text/plain; charset=utf-8");
    response.set("Cache-Control", "no-store");
    response.body = std::move(text);
    return response;
}

} // namespace portrait::http
