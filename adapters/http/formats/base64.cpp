#include "formats/base64.hpp"

#include <array>
#include <cstdint>

namespace portrait::http {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_in_alphabet = 0xFF;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(not_in_alphabet);
    for (std::size_t index = 0; index < alphabet.size(); ++index)
        table[static_cast<unsigned char>(alphabet[index])] = static_cast<std::uint8_t>(index);
    return table;
}();

std::size_t padding_of(std::string_view text) noexcept {
    return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
}

std::uint32_t value_of(char character) noexcept {
    return values[static_cast<unsigned char>(character)];
}

char letter(std::uint32_t bits) noexcept {
    return alphabet[bits & 0x3FU];
}

/// The two or three letters of the last group when it is padded; absent when they are none.
template<class Container>
bool decode_rest(std::string_view rest, typename Container::value_type* out) {
    using Byte = typename Container::value_type;
    std::uint32_t bits = 0;
    for (const char character : rest) {
        const auto value = value_of(character);
        if (value == not_in_alphabet)
            return false;
        bits = (bits << 6U) | value;
    }
    // What is left over belongs to no byte: an encoder makes it zero.
    const unsigned unused = rest.size() == 2 ? 4 : 2;
    if ((bits & ((1U << unused) - 1U)) != 0)
        return false;
    bits >>= unused;
    if (rest.size() == 3)
        *out++ = static_cast<Byte>(static_cast<unsigned char>(bits >> 8U));
    *out = static_cast<Byte>(static_cast<unsigned char>(bits));
    return true;
}

template<class Container>
std::optional<Container> decode(std::string_view text) {
    using Byte = typename Container::value_type;
    if (text.size() % 4 != 0)
        return std::nullopt;
    Container bytes;
    bytes.resize(decoded_base64_size(text));
    auto* out = bytes.data();
    const auto whole = padding_of(text) == 0 ? text.size() : text.size() - 4;
    for (std::size_t at = 0; at < whole; at += 4) {
        const auto first = value_of(text[at]);
        const auto second = value_of(text[at + 1]);
        const auto third = value_of(text[at + 2]);
        const auto fourth = value_of(text[at + 3]);
        if ((first | second | third | fourth) == not_in_alphabet)
            return std::nullopt;
        const auto bits = (first << 18U) | (second << 12U) | (third << 6U) | fourth;
        *out++ = static_cast<Byte>(static_cast<unsigned char>(bits >> 16U));
        *out++ = static_cast<Byte>(static_cast<unsigned char>(bits >> 8U));
        *out++ = static_cast<Byte>(static_cast<unsigned char>(bits));
    }
    if (whole < text.size() && !decode_rest<Container>(text.substr(whole, 4 - padding_of(text)), out))
        return std::nullopt;
    return bytes;
}

} // namespace

std::size_t decoded_base64_size(std::string_view text) noexcept {
    return text.size() % 4 != 0 ? 0 : text.size() / 4 * 3 - padding_of(text);
}

std::optional<std::string> decode_base64(std::string_view text) {
    return decode<std::string>(text);
}

std::optional<std::vector<std::byte>> decode_base64_bytes(std::string_view text) {
    return decode<std::vector<std::byte>>(text);
}

void append_base64(std::string& text, std::span<const std::byte> bytes) {
    const auto start = text.size();
    text.resize(start + encoded_base64_size(bytes.size()), '=');
    auto* out = text.data() + start;
    const auto byte = [&](std::size_t index) { return std::to_integer<std::uint32_t>(bytes[index]); };
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        const auto bits = (byte(at) << 16U) | (byte(at + 1) << 8U) | byte(at + 2);
        *out++ = letter(bits >> 18U);
        *out++ = letter(bits >> 12U);
        *out++ = letter(bits >> 6U);
        *out++ = letter(bits);
    }
    if (at == bytes.size())
        return;
    const bool two = bytes.size() - at == 2;
    const auto bits = (byte(at) << 16U) | (two ? byte(at + 1) << 8U : 0U);
    *out++ = letter(bits >> 18U);
    *out++ = letter(bits >> 12U);
    if (two)
        *out = letter(bits >> 6U);
}

} // namespace portrait::http
