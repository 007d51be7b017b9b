#pragma once

#include <portrait/http/message.hpp>

#include <array>
#include <string_view>

namespace portrait::http {

/// The types that an answer without a picture can have (contract section 3). The two patch types carry the
/// same JSON.
enum class ResponseType {
    application_json,
    text_json,
    application_xml,
    text_xml,
    json_patch,
    merge_patch,
};

/// All of them, the ones preferred when a client leaves the choice first.
inline constexpr std::array response_types{ResponseType::application_json, ResponseType::text_json,
                                           ResponseType::application_xml,  ResponseType::text_xml,
                                           ResponseType::json_patch,       ResponseType::merge_patch};

/// Such as `application/json`.
std::string_view media_type(ResponseType type) noexcept;

/// The Content-Type of an answer: the type with `; charset=utf-8`. Of static storage.
std::string_view content_type(ResponseType type) noexcept;

constexpr bool is_xml(ResponseType type) noexcept {
    return type == ResponseType::application_xml || type == ResponseType::text_xml;
}

/// What a request's Accept fields come to, by RFC 9110 section 12.5.1: for each type the most specific member
/// that names it says the quality, and the best quality wins. Of types with the same quality the one that was
/// named more exactly wins, then the one named earlier, then the order of `response_types`. Parameters are
/// ignored, but for q and a charset other than utf-8, which no answer has. A member that is malformed is
/// skipped. Nothing acceptable, or no Accept at all: application/json. Linear in the fields' length,
/// allocates nothing.
ResponseType negotiate(const RequestHead& head) noexcept;

} // namespace portrait::http
