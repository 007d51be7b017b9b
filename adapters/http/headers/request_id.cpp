#include "headers/request_id.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <cstdint>
#include <random>

namespace portrait::http {

namespace {

constexpr bool is_id_character(char character) noexcept {
    return is_alphanumeric(character) || character == '.' || character == '_' || character == '-';
}

std::mt19937_64 seeded_generator() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
}

} // namespace

bool is_request_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_id_character);
}

std::string request_id(const RequestHead& head) {
    if (const auto* sent = head.find("X-Request-Id"); sent != nullptr && is_request_id(*sent))
        return std::string{*sent};
    thread_local auto generator = seeded_generator();
    return fmt::format(FMT_COMPILE("{:016x}"), static_cast<std::uint64_t>(generator()));
}

} // namespace portrait::http
