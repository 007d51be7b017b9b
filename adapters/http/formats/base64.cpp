#include "formats/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace portrait::http {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_in_alphabet = 0xFF;
constexpr std::uint32_t max_bits = 0xFFFFFF;

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

/// The 24 bits of four characters; more when one is outside the alphabet.
std::uint32_t bits_of(const char* group) noexcept {
    const auto value = [group](unsigned index) -> std::uint32_t {
        return values[static_cast<unsigned char>(group[index])];
    };
    if ((value(0) | value(1) | value(2) | value(3)) == not_in_alphabet)
        return ~std::uint32_t{0};
    return value(0) << 18U | value(1) << 12U | value(2) << 6U | value(3);
}

template<class Container>
std::optional<Container> decode(std::string_view text) {
    using Byte = typename Container::value_type;
    if (text.size() % 4 != 0)
        return std::nullopt;
    Container bytes;
    bytes.resize(decoded_base64_size(text));
    auto* out = bytes.data();
    const auto write = [&out](std::uint32_t byte) {
        *out++ = static_cast<Byte>(static_cast<unsigned char>(byte));
    };
    const auto padding = padding_of(text);
    const auto whole = padding == 0 ? text.size() : text.size() - 4;
    for (std::size_t at = 0; at < whole; at += 4) {
        const auto bits = bits_of(text.data() + at);
        if (bits > max_bits)
            return std::nullopt;
        write(bits >> 16U);
        write(bits >> 8U);
        write(bits);
    }
    if (padding == 0)
        return bytes;
    std::array<char, 4> group{'A', 'A', 'A', 'A'};
    text.copy(group.data(), 4 - padding, whole);
    const auto bits = bits_of(group.data());
    // The bits after the last byte have to be zero, as encoders write them.
    if (bits > max_bits || (bits & ((1U << (8 * padding)) - 1U)) != 0)
        return std::nullopt;
    write(bits >> 16U);
    if (padding == 1)
        write(bits >> 8U);
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
    text.resize(start + encoded_base64_size(bytes.size()));
    auto* out = reinterpret_cast<unsigned char*>(text.data() + start);
    constexpr std::size_t largest = std::size_t{3} << 20U; // the length is an int
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), largest)))
        // Writes a NUL after its text, too.
        out += EVP_EncodeBlock(out, reinterpret_cast<const unsigned char*>(bytes.data()),
                               static_cast<int>(std::min(bytes.size(), largest)));
}

} // namespace portrait::http
