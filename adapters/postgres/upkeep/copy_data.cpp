#include "upkeep/copy_data.hpp"

#include <cstddef>
#include <cstdint>

namespace portrait::postgres {
namespace {

// Signature, flags, and the length of a further header.
constexpr std::string_view header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};

} // namespace

CopyData::CopyData()
    : data_{header} {}

void CopyData::append(std::uint32_t value, unsigned bytes) {
    for (unsigned shift = bytes * 8; shift != 0; shift -= 8)
        data_ += static_cast<char>((value >> (shift - 8)) & 0xFFU);
}

void CopyData::add(const Parameters& row) {
    const auto columns = row.arguments();
    append(static_cast<std::uint32_t>(columns.values.size()), 2);
    for (std::size_t column = 0; column < columns.values.size(); ++column) {
        const int length = columns.lengths[column];
        append(static_cast<std::uint32_t>(length), 4); // -1: NULL
        if (length > 0)
            data_.append(columns.values[column], static_cast<std::size_t>(length));
    }
}

std::string_view CopyData::finish() {
    append(0xFFFFU, 2);
    return data_;
}

} // namespace portrait::postgres
