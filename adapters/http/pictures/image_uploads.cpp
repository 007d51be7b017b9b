#include "pictures/image_uploads.hpp"

#include "pictures/multipart.hpp"

#include <portrait/http/problem.hpp>

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

namespace {

/// What a form may have around its picture: other parts' texts, boundaries and part headers.
constexpr std::uint64_t form_allowance = 256ULL * 1024;

Problem unsupported_type() {
    return {.status = 415,
            .rule = "request.unsupported_media_type",
            .message =
                fmt::format("The Content-Type is not accepted; send one of {}", accepted_upload_types()),
            .observed = {},
            .limit = {},
            .retry_after = {},
            .cause = {}};
}

} // namespace

[[nodiscard]] boost::system::result<Upload, Problem> judge_upload(const RequestHead& head,
                                                                  const Limits& limits) {
    auto type = classify_upload(head.find("Content-Type"));
    if (type.kind == UploadType::Kind::unsupported)
        return unsupported_type();
    if (type.kind == UploadType::Kind::no_boundary)
        return no_boundary_problem();
    if (!head.chunked && head.content_length.value_or(0) == 0)
        return problem_of(Error{errc::image_empty}, Access::write);
    const auto limit =
        limits.max_bytes + (type.kind == UploadType::Kind::multipart ? form_allowance : std::uint64_t{0});
    if (head.content_length && *head.content_length > limit)
        return body_too_large(limit, head.content_length);
    return Upload{.type = std::move(type), .body_limit = limit};
}

[[nodiscard]] boost::system::result<ImageBytes, Problem> picture_of(ImageBytes body, const UploadType& type) {
    if (type.kind == UploadType::Kind::multipart)
        return picture_part(body, type.boundary);
    return body;
}

} // namespace portrait::http
