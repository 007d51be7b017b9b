#pragma once

#include <portrait/export.hpp>

#include <boost/version.hpp>
#if BOOST_VERSION < 108100
#error "portrait needs Boost 1.81 or newer, as the package libboost1.81-dev of Debian 12 has it"
#endif

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace portrait {

struct ImageVersion;

/// The expected failures. Each enumerator is one rule; `error_rules()` lists them with the ids that clients
/// see. The rule ids are stable; the numbers may change until 1.0.
enum class PORTRAIT_EXPORT errc {
    image_empty = 1,
    image_unknown_format,
    image_unsupported_format,
    image_unsupported_encoding,
    image_format_not_allowed,
    image_truncated,
    image_corrupt,
    image_zero_dimension,
    image_too_many_bytes,
    image_too_many_pixels,
    image_too_wide,
    image_too_high,
    image_none,
    person_invalid_id,
    person_unknown,
    person_erased,
    person_kept_elsewhere,
    person_not_listed,
    blob_invalid_id,
    blob_unknown,
    blob_without_image,
    blob_ids_exhausted,
    info_text_too_long,
    info_text_invalid,
    info_blob_id_mismatch,
    precondition_failed,
    rendition_not_supported,
    image_too_many_frames,
    rendition_too_costly,
    rendition_timed_out,
    cancelled,
    service_busy,
    audit_unavailable,
    store_full,
    store_io,
    store_read_only,
    store_corrupt,
    store_closed,
    store_in_use,
    store_unreachable,
    store_cannot_erase,
    store_folder_missing,
    store_not_a_database,
    store_newer_schema,
    store_unfit,
    store_moved,
    account_invalid,
    password_invalid,
    file_invalid,
    listen_failed,
    internal,
};

/// The kind of an error, by what a caller can do about it; comparable with `std::error_code`.
enum class failure {
    bad_input = 1, ///< the caller's bytes, ids or texts break a rule; sending them again fails again
    too_large,     ///< more bytes than `Limits::max_bytes`
    not_found,     ///< the person, blob or picture doesn't exist
    precondition,  ///< the stored version is not the one that the caller named
    not_supported, ///< not in this build or configuration
    unavailable,   ///< busy, full or closed; may work later
    internal,      ///< I/O errors, corruption, defects
};

/// The category of `errc` as a `std::error_code`; its messages are the rules' default sentences.
PORTRAIT_EXPORT const std::error_category& error_category() noexcept;
/// The category of `failure` as a `std::error_condition`.
PORTRAIT_EXPORT const std::error_category& failure_category() noexcept;
/// For code that uses `std::error_code`; comparable with `failure`.
PORTRAIT_EXPORT std::error_code make_error_code(errc code) noexcept;
/// Makes a `std::error_code` of `errc` comparable with `failure`.
PORTRAIT_EXPORT std::error_condition make_error_condition(failure kind) noexcept;

/// One row of the table of rules.
struct ErrorRule {
    errc code;
    std::string_view rule; ///< stable id for clients, such as `image.too_many_pixels`
    failure kind;
    std::string_view message; ///< default sentence for the end user
};

/// The table of all rules, in the order of `errc`. Thread-safe, never fails.
PORTRAIT_EXPORT std::span<const ErrorRule> error_rules() noexcept;

/// An expected failure: the broken rule, a message for the end user, and, if there are any, the observed
/// value and the limit. The message never contains a path or a secret; details for the operator are in
/// `cause`, which belongs in a log and never in an answer. Value type; not synchronised.
///
/// A rule with its default message needs no memory, nor does a copy of any error, so that exhausted memory
/// can be reported, too.
class [[nodiscard]] PORTRAIT_EXPORT Error {
public:
    /// `errc::internal`, which `result::error()` returns for a success.
    Error() noexcept
        : Error{errc::internal} {}
    /// The rule with its default message.
    Error(errc code) noexcept
        : code_{code} {}
    /// The rule with another message.
    Error(errc code, std::string message);

    /// Adds the observed value and the largest (or only) accepted one.
    Error&& with_limit(std::uint64_t observed, std::uint64_t limit) && noexcept;
    /// Adds details for the log, such as the failed call and its errno's text; none without memory.
    Error&& with_cause(std::string cause) && noexcept;
    Error&& with_cause(const char* cause) && noexcept;
    /// Adds the cause of another error, if it has one.
    Error&& with_cause(const Error& other) && noexcept;
    /// Adds the stored version to a failed precondition; absent when there is no picture.
    Error&& with_current(const ImageVersion& current) &&;

    errc code() const noexcept { return code_; }
    failure kind() const noexcept;
    std::string_view rule() const noexcept;
    const std::string& message() const noexcept;
    const std::string& cause() const noexcept;
    std::optional<std::uint64_t> observed() const noexcept { return observed_; }
    std::optional<std::uint64_t> limit() const noexcept { return limit_; }
    /// Null unless the error is `errc::precondition_failed` and a picture exists.
    const ImageVersion* current() const noexcept { return current_.get(); }

    /// For `error == failure::not_found` and `error == errc::image_none`.
    friend bool operator==(const Error& error, errc code) noexcept { return error.code_ == code; }
    friend bool operator==(const Error& error, failure kind) noexcept { return error.kind() == kind; }

private:
    errc code_;
    std::shared_ptr<const std::string> message_; ///< null: the rule's default
    std::shared_ptr<const std::string> cause_;   ///< null: none
    std::optional<std::uint64_t> observed_;
    std::optional<std::uint64_t> limit_;
    std::shared_ptr<const ImageVersion> current_;
};

/// The rule alone, without message, values and cause.
PORTRAIT_EXPORT std::error_code make_error_code(const Error& error) noexcept;

/// Rule, message and cause in one line: for logs, never for an answer.
PORTRAIT_EXPORT std::ostream& operator<<(std::ostream& out, const Error& error);

/// Called by `result<T>::value()` when there is no value, which is a programming error. Throws a
/// `std::system_error` whose `what()` begins with the rule and the message, such as "store.full: The disk is
/// full".
[[noreturn]] PORTRAIT_EXPORT void throw_exception_from_error(const Error& error,
                                                             const boost::source_location& where);

/// A value or an `Error`.
template<class T>
using result = boost::system::result<T, Error>;

} // namespace portrait

/// \cond
template<>
struct std::is_error_code_enum<portrait::errc> : std::true_type {};
template<>
struct std::is_error_condition_enum<portrait::failure> : std::true_type {};
/// \endcond
