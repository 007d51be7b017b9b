#include <portrait/http/log.hpp>

#include "headers/field_syntax.hpp"

#include <portrait/http/secret_digest.hpp>

#include <fmt/compile.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace portrait::http {
namespace {

constexpr std::string_view hexadecimal_digits = "0123456789abcdef";

bool is_trace_id(std::string_view text) noexcept {
    return text.find_first_not_of(hexadecimal_digits) == std::string_view::npos &&
           text.find_first_not_of('0') != std::string_view::npos;
}

/// Reads W3C's Trace Context, such as `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`: version,
/// trace id, parent id and flags in lower-case hexadecimal digits, neither id all zeros. Later versions may
/// have more after it.
bool is_trace_parent(std::string_view text) noexcept {
    constexpr std::size_t length = 55;
    constexpr std::size_t max_length = 256; // of a later version's
    if (text.size() < length || text.size() > max_length || text[2] != '-' || text[35] != '-' ||
        text[52] != '-')
        return false;
    const auto version = text.substr(0, 2);
    if (version == "ff" || (text.size() > length && (version == "00" || text[length] != '-')))
        return false;
    return version.find_first_not_of(hexadecimal_digits) == std::string_view::npos &&
           is_trace_id(text.substr(3, 32)) && is_trace_id(text.substr(36, 16)) &&
           text.substr(53, 2).find_first_not_of(hexadecimal_digits) == std::string_view::npos;
}

constexpr bool is_id_character(char character) noexcept {
    return is_alphanumeric(character) || character == '.' || character == '_' || character == '-';
}

std::mt19937_64 seeded_generator() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
}

} // namespace

LoggedFields logged_fields(const RequestHead& head) {
    LoggedFields fields;
    if (const auto* const token = head.find("SO-AppToken"))
        fields.application = hexadecimal(sha256(*token)).substr(0, 16);
    if (head.count("traceparent") == 1 && is_trace_parent(*head.find("traceparent")))
        fields.trace_parent = *head.find("traceparent");
    return fields;
}

bool is_request_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_id_character);
}

std::string request_id(const RequestHead& head) {
    if (const auto* sent = head.find("X-Request-Id"); sent != nullptr && is_request_id(*sent))
        return std::string{*sent};
    thread_local auto generator = seeded_generator();
    // 15 digits: a std::string holds them without an allocation.
    return fmt::format(FMT_COMPILE("{:015x}"), static_cast<std::uint64_t>(generator()) >> 4U);
}

} // namespace portrait::http
