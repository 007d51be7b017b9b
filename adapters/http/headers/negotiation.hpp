#pragma once

#include <portrait/http/message.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace portrait::http {

/// The types of an answer without a picture (contract section 3). The two patch types are JSON, too.
enum class ResponseType {
    application_json,
    text_json,
    application_xml,
    text_xml,
    json_patch,
    merge_patch,
    text_html, ///< of refusals alone
};

/// Those of documents, in the order of preference when a client leaves the choice.
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

/// Chooses among media types (such as `text/xml`, in the order of preference) by a request's Accept fields
/// and RFC 9110 section 12.5.1: the most specific member that names a type sets its quality, and the best
/// quality wins. Ties go to the type that was named more exactly, then to the one named earlier, then to the
/// first offer. Parameters are ignored, except q and a charset other than utf-8, which no answer has.
/// Malformed members are skipped. Absent when nothing is acceptable, or there is no Accept. Linear in the
/// fields' length, allocates nothing.
std::optional<std::size_t> best_offer(const RequestHead& head,
                                      std::span<const std::string_view> offers) noexcept;

/// The types of an answer without a picture; application/json when nothing is acceptable or there is no
/// Accept.
struct NegotiatedTypes {
    ResponseType document = ResponseType::application_json; ///< never `text_html`
    ResponseType refusal = ResponseType::application_json;  ///< `text_html` when the client prefers it
};
NegotiatedTypes negotiate(const RequestHead& head) noexcept;

} // namespace portrait::http
