#pragma once

#include <portrait/http/message.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
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

/// The most types that `best_offer` chooses from.
inline constexpr std::size_t max_offers = 16;

/// Which of the offered media types (such as `text/xml`, the ones preferred when a client leaves the choice
/// first) a request's Accept fields ask for, by RFC 9110 section 12.5.1: for each type the most specific
/// member that names it says the quality, and the best quality wins. Of types with the same quality the one
/// that was named more exactly wins, then the one named earlier, then the order of `offers`. Parameters are
/// ignored, but for q and a charset other than utf-8, which no answer has. A member that is malformed is
/// skipped. Absent when nothing is acceptable, or there is no Accept at all. Linear in the fields' length,
/// allocates nothing.
std::optional<std::size_t> best_offer(const RequestHead& head,
                                      std::span<const std::string_view> offers) noexcept;

/// The type of an answer without a picture; application/json when nothing is acceptable or there is no
/// Accept.
ResponseType negotiate(const RequestHead& head) noexcept;

} // namespace portrait::http
