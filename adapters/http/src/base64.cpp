#include "base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace portrait::http {

namespace {

constexpr std::uint8_t not_in_alphabet = 0xFF;

constexpr auto values = [] {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> table{};
    table.fill(not_in_alphabet);
    for (std::size_t index = 0; index < alphabet.size(); ++index)
        table[static_cast<unsigned char>(alphabet[index])] = static_cast<std::uint8_t>(index);
    return table;
}();

} // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);

    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char character : text.substr(0, text.size() - padding)) {
        const auto value = values[static_cast<unsigned char>(character)];
        if (value == not_in_alphabet)
            return std::nullopt;
        bits = (bits << 6U) | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<char>(static_cast<unsigned char>(bits >> count)));
            bits &= (1U << count) - 1U;
        }
    }
    // What is left over belongs to no byte: an encoder makes it zero.
    if (bits != 0)
        return std::nullopt;
    return bytes;
}

} // namespace portrait::http
