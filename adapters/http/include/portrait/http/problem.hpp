#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

/// An error of the contract (section 6).
struct Problem {
    unsigned status = 500;
    std::string_view rule; ///< stable id, of static storage
    std::string message;   ///< for the end user
    std::optional<std::uint64_t> observed{};
    std::optional<std::uint64_t> limit{};
    std::optional<std::chrono::seconds> retry_after{};
    std::string cause{}; ///< for the log only
};

/// A problem with only a status, a rule of static storage and a message.
///
/// ```
/// return plain_problem(400, "request.bad_target", "The request target is malformed");
/// ```
inline Problem plain_problem(unsigned status, std::string_view rule, std::string message) {
    return {.status = status, .rule = rule, .message = std::move(message)};
}

/// A problem with the largest accepted value. `observed` is absent when the value is unknown.
inline Problem limit_problem(unsigned status, std::string_view rule, std::string message,
                             std::optional<std::uint64_t> observed, std::uint64_t limit) {
    return {
        .status = status, .rule = rule, .message = std::move(message), .observed = observed, .limit = limit};
}

/// 400 of the rule `request.malformed`.
inline Problem malformed(std::string message) {
    return plain_problem(400, "request.malformed", std::move(message));
}

/// 503: the client may retry after a second.
inline Problem try_again(std::string_view rule, std::string message) {
    return {
        .status = 503, .rule = rule, .message = std::move(message), .retry_after = std::chrono::seconds{1}};
}

/// A value, or the refusal of the request.
template<class T>
using ProblemOr = boost::system::result<T, Problem>;

/// Whether a request reads or writes: an unknown person is 404 or 400 (contract section 1).
enum class Access { read, write };

/// The HTTP status of a rule of the core.
PORTRAIT_EXPORT unsigned status_of(errc code, Access access) noexcept;

/// The problem of a failure of the core.
PORTRAIT_EXPORT Problem problem_of(const Error& error, Access access);

/// 413 for a body over the limit. `observed` is absent when the client has not declared the length.
PORTRAIT_EXPORT Problem body_too_large(std::uint64_t limit, std::optional<std::uint64_t> observed);

/// The problem of a body whose type `seen` (null: none) is none of `accepted`, a list with commas: 415.
PORTRAIT_EXPORT Problem unsupported_media_type(const std::string_view* seen, std::string_view accepted);

} // namespace portrait::http
