#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A refusal as the contract's section 6 shapes it: a status, a stable rule, a sentence, and what was seen.
struct Problem {
    unsigned status = 500;
    std::string_view rule; ///< stable id, of static storage
    std::string message;   ///< for the end user
    std::optional<std::uint64_t> observed{};
    std::optional<std::uint64_t> limit{};
    std::optional<std::chrono::seconds> retry_after{};
    std::string cause{}; ///< for the log only
};

/// A value, or the refusal of the request.
template<class T>
using ProblemOr = boost::system::result<T, Problem>;

/// Whether a request reads or writes: contract section 1 answers an unknown person with 404 or 400.
enum class Access { read, write };

/// The core's rules as HTTP statuses: the one table of it.
PORTRAIT_EXPORT unsigned status_of(errc code, Access access) noexcept;

/// A failure of the core as a refusal; its cause goes to the log.
PORTRAIT_EXPORT Problem problem_of(const Error& error, Access access);

/// The problem of a body over the limit: 413 with the limit in the message. `observed` is absent when the
/// sender never declared the length.
PORTRAIT_EXPORT Problem body_too_large(std::uint64_t limit, std::optional<std::uint64_t> observed);

/// The problem of a body whose type is none of `accepted`, a list with commas: 415.
PORTRAIT_EXPORT Problem unsupported_media_type(std::string_view accepted);

} // namespace portrait::http
