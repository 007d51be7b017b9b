#include "image_answers.hpp"

#include "conditional.hpp"
#include "content_types.hpp"
#include "entity_tag.hpp"
#include "http_date.hpp"
#include "json.hpp"
#include "range.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

namespace {

Problem failed_precondition() {
    return problem_of(Error{errc::precondition_failed}, Access::read);
}

/// The fields that a 304 repeats and every other answer about a stored picture has.
void set_validators(Response& response, const ImageInfo& info, std::string tag) {
    response.set("ETag", std::move(tag));
    response.set("Last-Modified", format_http_date(info.last_modified()));
    response.set("Cache-Control", "private, no-cache");
}

void set_dimensions(Response& response, const ImageInfo& info) {
    response.set("X-Image-Width", fmt::format_int{info.width}.str());
    response.set("X-Image-Height", fmt::format_int{info.height}.str());
}

Response not_modified(const ImageInfo& info, std::string tag, std::string_view vary) {
    Response response;
    response.status = 304;
    set_validators(response, info, std::move(tag));
    response.set("Vary", std::string{vary});
    return response;
}

Response failed_read(const ImageInfo& info, std::string tag) {
    auto response = problem_answer(failed_precondition());
    set_validators(response, info, std::move(tag));
    return response;
}

Response unsatisfied(std::uint64_t size) {
    auto response =
        problem_answer({.status = 416,
                        .rule = "request.range",
                        .message = fmt::format("The range lies outside the picture's {} bytes", size),
                        .observed = {},
                        .limit = size,
                        .retry_after = {},
                        .cause = {}});
    response.set("Content-Range", unsatisfied_content_range(size));
    return response;
}

} // namespace

Response picture_answer(const RequestHead& head, PersonId person_id, StoredImage image) {
    const auto& info = image.info;
    const auto format = info.format.value_or(ImageFormat::png);
    auto tag = entity_tag(info.version());
    switch (read_condition(head, info, tag)) {
    case ReadCondition::not_modified: return not_modified(info, std::move(tag), "Accept");
    case ReadCondition::precondition_failed: return failed_read(info, std::move(tag));
    case ReadCondition::proceed: break;
    }

    Response response;
    response.fields.reserve(14);
    const auto* range = range_applies(head, tag, info.last_modified()) ? head.find("Range") : nullptr;
    const auto selected = select_range(range, image.bytes.size());
    if (std::holds_alternative<UnsatisfiableRange>(selected))
        return unsatisfied(image.bytes.size());
    if (const auto* part = std::get_if<ByteRange>(&selected)) {
        response.status = 206;
        response.set("Content-Range", content_range(*part, image.bytes.size()));
        image.bytes = image.bytes.slice(part->first, part->length);
    }
    response.set("Content-Type", std::string{media_type(format)});
    set_validators(response, info, std::move(tag));
    response.set("Accept-Ranges", "bytes");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Content-Security-Policy", "default-src 'none'");
    response.set("Content-Disposition",
                 fmt::format("inline; filename=\"person-{}.{}\"", person_id.value(), file_extension(format)));
    response.set("Vary", "Accept");
    set_dimensions(response, info);
    response.body = std::move(image.bytes);
    return response;
}

Response info_answer(const RequestHead& head, const ImageInfo& info) {
    auto tag = entity_tag(info.version(), Representation::info);
    switch (read_condition(head, info, tag)) {
    case ReadCondition::not_modified: return not_modified(info, std::move(tag), "Accept");
    case ReadCondition::precondition_failed: return failed_read(info, std::move(tag));
    case ReadCondition::proceed: break;
    }
    Response response;
    response.set("Content-Type", std::string{json_content_type});
    set_validators(response, info, std::move(tag));
    response.set("Vary", "Accept");
    response.body = blob_entity_json(&info);
    return response;
}

Response empty_info_answer() {
    Response response;
    response.set("Content-Type", std::string{json_content_type});
    response.set("Cache-Control", "private, no-cache");
    response.set("Vary", "Accept");
    response.body = blob_entity_json(nullptr);
    return response;
}

Response saved_answer(const ImageInfo& info) {
    Response response;
    response.reason = "The image blob id";
    response.set("Content-Type", std::string{json_content_type});
    response.set("ETag", entity_tag(info.version()));
    response.set("Last-Modified", format_http_date(info.last_modified()));
    set_dimensions(response, info);
    response.body = fmt::format_int{info.blob_id.value()}.str();
    return response;
}

Response removed_answer() {
    Response response;
    response.status = 204;
    return response;
}

Response problem_answer(const Problem& problem) {
    Response response;
    response.status = problem.status;
    response.set("Content-Type", std::string{json_content_type});
    response.set("X-Content-Type-Options", "nosniff");
    if (problem.status == 415)
        response.set("Accept", std::string{accepted_upload_types()});
    if (problem.retry_after)
        response.set("Retry-After", fmt::format_int{problem.retry_after->count()}.str());
    response.body = error_json(problem);
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
