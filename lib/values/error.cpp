#include <portrait/error.hpp>
#include <portrait/image_info.hpp>

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <ostream>
#include <string>
#include <utility>

namespace portrait {
namespace {

constexpr auto rules = [] {
    using enum errc;
    constexpr auto bad_input = failure::bad_input;
    constexpr auto unavailable = failure::unavailable;
    return std::to_array<ErrorRule>({
        {image_empty, "image.empty", bad_input, "Image bitmap is missing from body"},
        {image_unknown_format, "image.unknown_format", bad_input,
         "The bytes are not a PNG, JPEG, GIF or TIFF picture"},
        {image_unsupported_format, "image.unsupported_format", bad_input,
         "The picture's format is not supported; PNG, JPEG, GIF and TIFF are"},
        {image_unsupported_encoding, "image.unsupported_encoding", bad_input,
         "The picture's encoding can't be shown; save it as PNG or JPEG"},
        {image_format_not_allowed, "image.format_not_allowed", bad_input,
         "Pictures of this format are not accepted here"},
        {image_truncated, "image.truncated", bad_input, "The picture ends before its header does"},
        {image_corrupt, "image.corrupt", bad_input, "The picture's header is corrupt"},
        {image_zero_dimension, "image.zero_dimension", bad_input,
         "The picture has a width or height of zero"},
        {image_too_many_bytes, "image.too_many_bytes", failure::too_large, "The picture has too many bytes"},
        {image_too_many_pixels, "image.too_many_pixels", bad_input, "The picture has too many pixels"},
        {image_too_wide, "image.too_wide", bad_input, "The picture is too wide"},
        {image_too_high, "image.too_high", bad_input, "The picture is too high"},
        {image_none, "image.none", failure::not_found, "The person has no picture"},
        {person_invalid_id, "person.invalid_id", bad_input,
         "The person id is not valid; a decimal number from 1 to 2147483647 is"},
        {person_unknown, "person.unknown", failure::not_found, "The person id is not found"},
        {person_erased, "person.erased", bad_input, "The person was erased after the picture was exported"},
        {person_kept_elsewhere, "person.kept_elsewhere", failure::not_supported,
         "The persons are not kept here; remove the person where it is kept"},
        {person_not_listed, "person.not_listed", failure::not_supported, "The persons can't be listed here"},
        {blob_invalid_id, "blob.invalid_id", bad_input,
         "The blob id is not valid; a decimal number from 1 to 2147483647 is"},
        {blob_unknown, "blob.unknown", failure::not_found, "The blob id is not found"},
        {blob_without_image, "blob.without_image", bad_input,
         "The blob has no picture yet; store its bytes first"},
        {blob_ids_exhausted, "blob.ids_exhausted", unavailable,
         "No blob id is left; 2147483647 have been used"},
        {info_text_too_long, "info.text_too_long", bad_input, "The text is too long"},
        {info_text_invalid, "info.text_invalid", bad_input,
         "The text is not valid UTF-8 or has control characters"},
        {info_blob_id_mismatch, "info.blob_id_mismatch", bad_input,
         "The BlobId is not the one of the person's picture; send that, 0 or none"},
        {precondition_failed, "precondition.failed", failure::precondition,
         "The picture is not in the state that the request demands"},
        {rendition_not_supported, "rendition.not_supported", failure::not_supported,
         "Scaling and conversion are not available here; ask for the picture as it is stored"},
        {image_too_many_frames, "image.too_many_frames", bad_input,
         "The picture has too many frames to be scaled or converted"},
        {rendition_too_costly, "rendition.too_costly", bad_input,
         "The picture takes too much memory to be scaled or converted"},
        {rendition_timed_out, "rendition.timed_out", bad_input,
         "The picture takes too long to be scaled or converted"},
        {cancelled, "request.cancelled", unavailable, "The request was cancelled"},
        {service_busy, "service.busy", unavailable, "Too busy at present; try again later"},
        {audit_unavailable, "audit.unavailable", unavailable,
         "Writes are refused until they can be recorded in the audit log"},
        {store_full, "store.full", unavailable, "The store has no space left"},
        {store_io, "store.io", failure::internal, "The store could not read or write"},
        {store_read_only, "store.read_only", unavailable, "The store is read-only"},
        {store_corrupt, "store.corrupt", failure::internal, "The stored data is damaged"},
        {store_closed, "store.closed", unavailable, "The store takes no writes until it has checked itself"},
        {store_in_use, "store.in_use", unavailable, "The data folder belongs to another process"},
        {store_unreachable, "store.unreachable", unavailable,
         "The store can't be reached at present; try again later"},
        {store_cannot_erase, "store.cannot_erase", failure::not_supported, "The store can't erase persons"},
        {store_folder_missing, "store.folder_missing", failure::not_found,
         "The data folder's parent does not exist"},
        {store_not_a_database, "store.not_a_database", bad_input,
         "The data folder holds something that is not a portrait database"},
        {store_newer_schema, "store.newer_schema", failure::not_supported,
         "The data folder was written by a newer version"},
        {store_unfit, "store.unfit", failure::not_supported,
         "The database's settings endanger acknowledged writes"},
        {store_moved, "store.moved", failure::not_supported,
         "The pictures of the data folder were moved into another store"},
        {account_invalid, "account.invalid", bad_input, "A value of the user or token is not valid"},
        {password_invalid, "password.invalid", bad_input, "The password is not valid"},
        {file_invalid, "file.invalid", bad_input, "A file that the operator keeps is malformed"},
        {listen_failed, "server.listen_failed", unavailable, "The server can't listen on its address"},
        {internal, "internal", failure::internal, "internal error"},
    });
}();

constexpr bool in_order_of_errc() {
    for (std::size_t index = 0; index < rules.size(); ++index)
        if (static_cast<std::size_t>(rules[index].code) != index + 1)
            return false;
    return rules.back().code == errc::internal;
}
static_assert(in_order_of_errc(), "rules has a row for each errc, in order");

std::size_t index_of(errc code) noexcept {
    return std::min(static_cast<std::size_t>(code) - 1, rules.size() - 1);
}

const ErrorRule& rule_of(errc code) noexcept {
    return rules[index_of(code)];
}

const std::array<std::string, rules.size()>& default_messages() {
    static const auto messages = [] {
        std::array<std::string, rules.size()> made;
        std::transform(rules.begin(), rules.end(), made.begin(),
                       [](const ErrorRule& rule) { return std::string{rule.message}; });
        return made;
    }();
    return messages;
}

// Made when the program is loaded: an error has to have its message also when no memory is left.
// NOLINTNEXTLINE(cert-err58-cpp,bugprone-throwing-static-initialization): no memory to load the program
[[maybe_unused]] const auto& messages_at_load = default_messages();

/// Null for no text, and without memory.
template<class Text>
std::shared_ptr<const std::string> shared_text(Text text) noexcept {
    try {
        auto shared = std::make_shared<const std::string>(std::move(text));
        return shared->empty() ? nullptr : shared;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

class ErrorCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "portrait"; }
    std::string message(int value) const override {
        return std::string{rule_of(static_cast<errc>(value)).message};
    }
    std::error_condition default_error_condition(int value) const noexcept override {
        return make_error_condition(rule_of(static_cast<errc>(value)).kind);
    }
};

class FailureCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "portrait.failure"; }
    std::string message(int value) const override {
        constexpr std::array names{"bad input",     "too large",   "not found",     "precondition failed",
                                   "not supported", "unavailable", "internal error"};
        const auto index = static_cast<std::size_t>(value) - 1;
        return index < names.size() ? names[index] : names.back();
    }
};

} // namespace

const std::error_category& error_category() noexcept {
    static const ErrorCategory category;
    return category;
}

const std::error_category& failure_category() noexcept {
    static const FailureCategory category;
    return category;
}

std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

std::error_condition make_error_condition(failure kind) noexcept {
    return {static_cast<int>(kind), failure_category()};
}

std::error_code make_error_code(const Error& error) noexcept {
    return make_error_code(error.code());
}

std::span<const ErrorRule> error_rules() noexcept {
    return rules;
}

Error::Error(errc code, std::string message)
    : code_{code}
    , message_{std::make_shared<const std::string>(std::move(message))} {}

Error&& Error::with_limit(std::uint64_t observed, std::uint64_t limit) && noexcept {
    observed_ = observed;
    limit_ = limit;
    return std::move(*this);
}

Error&& Error::with_cause(std::string cause) && noexcept {
    cause_ = shared_text(std::move(cause));
    return std::move(*this);
}

Error&& Error::with_cause(const char* cause) && noexcept {
    cause_ = shared_text(cause);
    return std::move(*this);
}

Error&& Error::with_cause(const Error& other) && noexcept {
    cause_ = other.cause_;
    return std::move(*this);
}

Error&& Error::with_current(const ImageVersion& current) && {
    current_ = std::make_shared<const ImageVersion>(current);
    return std::move(*this);
}

const std::string& Error::message() const noexcept {
    return message_ ? *message_ : default_messages()[index_of(code_)];
}

const std::string& Error::cause() const noexcept {
    static const std::string none;
    return cause_ ? *cause_ : none;
}

failure Error::kind() const noexcept {
    return rule_of(code_).kind;
}

std::string_view Error::rule() const noexcept {
    return rule_of(code_).rule;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
    out << error.rule() << ": " << error.message();
    if (!error.cause().empty())
        out << " (" << error.cause() << ')';
    return out;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    const auto what = std::string{error.rule()} + ": " + error.message();
    boost::throw_with_location(std::system_error{make_error_code(error.code()), what}, where);
}

} // namespace portrait
