#include "segments/record.hpp"

#include <algorithm>
#include <string_view>

namespace portrait::sqlite {

namespace {

constexpr std::string_view magic = "portrait";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t digested = record_header_size - sizeof(Digest::bytes);

static_assert(magic.size() == 8);

template<class Integer>
std::byte* put(std::byte* to, Integer value) noexcept {
    for (std::size_t index = 0; index < sizeof value; ++index)
        *to++ = static_cast<std::byte>(value >> (8 * index));
    return to;
}

template<class Integer>
Integer get(const std::byte*& from) noexcept {
    Integer value = 0;
    for (std::size_t index = 0; index < sizeof value; ++index)
        value |= static_cast<Integer>(std::to_integer<Integer>(*from++) << (8 * index));
    return value;
}

Error corrupt(const char* cause) {
    return Error{errc::store_corrupt}.with_cause(cause);
}

} // namespace

std::array<std::byte, record_header_size> encode(const RecordHeader& header) {
    std::array<std::byte, record_header_size> bytes{};
    const auto magic_bytes = std::as_bytes(std::span{magic});
    auto* to = std::copy(magic_bytes.begin(), magic_bytes.end(), bytes.data());
    to = put(to, format_version);
    to = put(to, static_cast<std::uint32_t>(record_header_size));
    to = put(to, header.sequence);
    to = put(to, header.length);
    to = std::copy(header.content.bytes.begin(), header.content.bytes.end(), to);
    const auto own = digest_of(std::span{bytes}.first<digested>());
    std::copy(own.bytes.begin(), own.bytes.end(), to);
    return bytes;
}

[[nodiscard]] result<RecordHeader> decode(std::span<const std::byte, record_header_size> bytes) {
    const auto magic_bytes = std::as_bytes(std::span{magic});
    if (!std::equal(magic_bytes.begin(), magic_bytes.end(), bytes.begin()))
        return corrupt("a record's magic is wrong");
    const auto own = digest_of(bytes.first<digested>());
    if (!std::equal(own.bytes.begin(), own.bytes.end(), bytes.begin() + digested))
        return corrupt("a record's header has another digest than it says");

    const auto* from = bytes.data() + magic.size();
    const auto version = get<std::uint32_t>(from);
    const auto size = get<std::uint32_t>(from);
    if (version != format_version || size != record_header_size)
        return corrupt("a record has an unknown format version");
    RecordHeader header;
    header.sequence = get<std::uint64_t>(from);
    header.length = get<std::uint64_t>(from);
    std::copy_n(from, header.content.bytes.size(), header.content.bytes.begin());
    return header;
}

} // namespace portrait::sqlite
