#include "headers/plain_problem.hpp"

#include <fmt/format.h>

#include <array>

namespace portrait::http {

namespace {

/// The statuses of a rule of the core, for a request that reads and for one that writes.
struct StatusRow {
    errc code;
    unsigned reading;
    unsigned writing;
};

constexpr std::array statuses{
    StatusRow{errc::image_empty, 400, 400},
    StatusRow{errc::image_unknown_format, 400, 400},
    StatusRow{errc::image_unsupported_format, 400, 400},
    StatusRow{errc::image_format_not_allowed, 415, 415},
    StatusRow{errc::image_truncated, 422, 422},
    StatusRow{errc::image_corrupt, 422, 422},
    StatusRow{errc::image_zero_dimension, 422, 422},
    StatusRow{errc::image_too_many_bytes, 413, 413},
    StatusRow{errc::image_too_many_pixels, 422, 422},
    StatusRow{errc::image_too_wide, 422, 422},
    StatusRow{errc::image_too_high, 422, 422},
    StatusRow{errc::image_none, 404, 404},
    StatusRow{errc::person_invalid_id, 400, 400},
    StatusRow{errc::person_unknown, 404, 400},
    StatusRow{errc::blob_invalid_id, 400, 400},
    StatusRow{errc::blob_unknown, 404, 404},
    StatusRow{errc::blob_without_image, 404, 400},
    StatusRow{errc::blob_ids_exhausted, 507, 507},
    StatusRow{errc::info_text_too_long, 400, 400},
    StatusRow{errc::info_text_invalid, 400, 400},
    StatusRow{errc::info_blob_id_mismatch, 400, 400},
    StatusRow{errc::precondition_failed, 412, 412},
    StatusRow{errc::rendition_not_supported, 501, 501},
    StatusRow{errc::image_too_many_frames, 422, 422},
    StatusRow{errc::rendition_too_costly, 422, 422},
    StatusRow{errc::rendition_timed_out, 422, 422},
    StatusRow{errc::cancelled, 503, 503},
    StatusRow{errc::service_busy, 503, 503},
    StatusRow{errc::store_full, 507, 507},
    StatusRow{errc::store_io, 500, 500},
    StatusRow{errc::store_read_only, 503, 503},
    StatusRow{errc::store_corrupt, 500, 500},
    StatusRow{errc::store_closed, 503, 503},
    StatusRow{errc::store_in_use, 503, 503},
    StatusRow{errc::store_folder_missing, 500, 500},
    StatusRow{errc::store_not_a_database, 500, 500},
    StatusRow{errc::store_newer_schema, 500, 500},
    StatusRow{errc::account_invalid, 400, 400},
    StatusRow{errc::password_invalid, 400, 400},
    StatusRow{errc::file_invalid, 400, 400},
    StatusRow{errc::internal, 500, 500},
};

constexpr bool in_order_of_errc() {
    for (std::size_t index = 0; index < statuses.size(); ++index)
        if (static_cast<std::size_t>(statuses[index].code) != index + 1)
            return false;
    return statuses.back().code == errc::internal;
}
static_assert(in_order_of_errc(), "the table of statuses has a row for each errc, in order");

} // namespace

unsigned status_of(errc code, Access access) noexcept {
    const auto index = static_cast<std::size_t>(code) - 1;
    const auto& row = index < statuses.size() ? statuses[index] : statuses.back();
    return access == Access::read ? row.reading : row.writing;
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
    auto problem = plain_problem(
        413, "request.body_too_large",
        observed ? fmt::format("The body has {} bytes; at most {} are accepted", *observed, limit)
                 : fmt::format("The body has more than {} bytes, the most that is accepted", limit));
    problem.observed = observed;
    problem.limit = limit;
    return problem;
}

Problem unsupported_media_type(std::string_view accepted) {
    return plain_problem(415, "request.unsupported_media_type",
                         fmt::format("The Content-Type is not accepted; send one of {}", accepted));
}

} // namespace portrait::http
