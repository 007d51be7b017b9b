#include <portrait/http/problem.hpp>

#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace portrait::http {

unsigned status_of(errc code, Access access) noexcept {
    switch (code) { // the exceptions from the table of kinds below
    case errc::person_unknown:
    case errc::blob_without_image: return access == Access::read ? 404 : 400;
    case errc::image_format_not_allowed: return 415;
    case errc::image_unsupported_encoding:
    case errc::image_truncated:
    case errc::image_corrupt:
    case errc::image_zero_dimension:
    case errc::image_too_many_pixels:
    case errc::image_too_wide:
    case errc::image_too_high:
    case errc::image_too_many_frames:
    case errc::rendition_too_costly:
    case errc::rendition_timed_out: return 422;
    case errc::store_folder_missing:
    case errc::store_not_a_database:
    case errc::store_newer_schema:
    case errc::store_unfit:
    case errc::store_moved: return 500;
    case errc::blob_ids_exhausted:
    case errc::store_full: return 507;
    default: break;
    }
    const auto index = static_cast<std::size_t>(code) - 1;
    switch (index < error_rules().size() ? error_rules()[index].kind : failure::internal) {
    case failure::bad_input: return 400;
    case failure::too_large: return 413;
    case failure::not_found: return 404;
    case failure::precondition: return 412;
    case failure::not_supported: return 501;
    case failure::unavailable: return 503;
    case failure::internal: break;
    }
    return 500;
}

Problem problem_of(const Error& error, Access access) {
    Problem problem{.status = status_of(error.code(), access),
                    .rule = error.rule(),
                    .message = error.message(),
                    .observed = error.observed(),
                    .limit = error.limit(),
                    .retry_after = {},
                    .cause = error.cause()};
    if (problem.status == 503)
        problem.retry_after = std::chrono::seconds{1};
    return problem;
}

Problem body_too_large(std::uint64_t limit, std::optional<std::uint64_t> observed) {
    return limit_problem(
        413, "request.body_too_large",
        observed ? fmt::format("The body has {} bytes; at most {} are accepted", *observed, limit)
                 : fmt::format("The body has more than {} bytes, the most that is accepted", limit),
        observed, limit);
}

Problem unsupported_media_type(const std::string_view* seen, std::string_view accepted) {
    return plain_problem(
        415, "request.unsupported_media_type",
        seen == nullptr
            ? fmt::format("The Content-Type is missing; send one of {}", accepted)
            : fmt::format("The Content-Type {} is not accepted; send one of {}", in_quotes(*seen), accepted));
}

} // namespace portrait::http
