#include "rows/row_bytes.hpp"

#include <cstdint>

namespace portrait::sqlite {
namespace {

/// A longer name may continue on another page.
constexpr std::size_t longest_name = 200;

/// SQLite's varint of at most 56 bits: seven bits in a byte, the highest first.
std::string varint(std::uint64_t value) {
    std::string bytes(1, static_cast<char>(value & 0x7FU));
    while ((value >>= 7U) != 0)
        bytes.insert(bytes.begin(), static_cast<char>((value & 0x7FU) | 0x80U));
    return bytes;
}

/// An integer as a column's value: big-endian in 1, 2, 3, 4, 6 or 8 bytes, or nothing for 0 and 1.
std::string column(std::uint64_t value) {
    if (value <= 1)
        return {};
    unsigned size = 8;
    for (const unsigned shorter : {1U, 2U, 3U, 4U, 6U})
        if (value < std::uint64_t{1} << (8 * shorter - 1)) {
            size = shorter;
            break;
        }
    std::string bytes;
    for (unsigned byte = size; byte != 0; --byte)
        bytes += static_cast<char>(value >> (8 * (byte - 1)));
    return bytes;
}

} // namespace

std::string bytes_of_person(PersonId person_id, std::string_view name) {
    const auto type_of_name = varint(13 + 2 * name.size());
    // The id's column is empty: it is the row's own id.
    const auto head = varint(2 + type_of_name.size()) + '\0' + type_of_name;
    return varint(static_cast<std::uint64_t>(person_id.value())) + head +
           std::string{name.substr(0, longest_name)};
}

std::string bytes_of_blob(const BlobRow& row) {
    const auto& info = row.info;
    const auto& digest = info.digest.bytes;
    return column(row.place ? row.place->sequence : 0) + column(info.size) +
           std::string{media_type(info.format.value_or(ImageFormat::png))} + column(info.width) +
           column(info.height) + std::string{reinterpret_cast<const char*>(digest.data()), digest.size()};
}

} // namespace portrait::sqlite
