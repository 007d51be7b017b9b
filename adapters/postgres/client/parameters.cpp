#include "client/parameters.hpp"

namespace portrait::postgres {
namespace {

// PostgreSQL's numbers of types (catalog pg_type).
constexpr std::uint32_t bytea_type = 17;
constexpr std::uint32_t int4_type = 23;
constexpr std::uint32_t uuid_type = 2950;

} // namespace

void Parameters::append(std::uint64_t value, unsigned bytes) {
    for (unsigned shift = bytes * 8; shift != 0; shift -= 8)
        bytes_ += static_cast<char>((value >> (shift - 8)) & 0xFFU);
}

template<class Write>
void Parameters::add_inside(const Write& write) {
    const auto begin = bytes_.size();
    write();
    values_.push_back({.begin = begin, .length = static_cast<int>(bytes_.size() - begin)});
}

void Parameters::add(std::int32_t value) {
    add_inside([&] { append(static_cast<std::uint32_t>(value), 4); });
}

void Parameters::add(std::int64_t value) {
    add_inside([&] { append(static_cast<std::uint64_t>(value), 8); });
}

void Parameters::add(bool value) {
    add_inside([&] { append(value ? 1 : 0, 1); });
}

void Parameters::add(std::string_view text) {
    add_inside([&] { bytes_ += text; });
}

void Parameters::add(std::span<const std::byte> bytes) {
    // An empty span may have a null pointer, which would be SQL's NULL.
    values_.push_back({.outside = bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data()),
                       .length = static_cast<int>(bytes.size())});
}

void Parameters::add(const Uuid& value) {
    add_inside([&] { bytes_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()); });
}

void Parameters::add(std::nullptr_t) {
    values_.push_back({});
}

void Parameters::begin_array(std::uint32_t element_type, std::size_t count) {
    append(count == 0 ? 0 : 1, 4); // dimensions
    append(0, 4);                  // no NULL
    append(element_type, 4);
    if (count != 0) {
        append(count, 4);
        append(1, 4); // the first index
    }
}

void Parameters::add(std::span<const std::int32_t> values) {
    add_inside([&] {
        begin_array(int4_type, values.size());
        for (const auto value : values) {
            append(4, 4);
            append(static_cast<std::uint32_t>(value), 4);
        }
    });
}

void Parameters::add(std::span<const Uuid> values) {
    add_inside([&] {
        begin_array(uuid_type, values.size());
        for (const auto& value : values) {
            append(value.bytes.size(), 4);
            bytes_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
        }
    });
}

void Parameters::add(std::span<const std::array<std::uint8_t, 32>> digests) {
    add_inside([&] {
        begin_array(bytea_type, digests.size());
        for (const auto& digest : digests) {
            append(digest.size(), 4);
            bytes_.append(reinterpret_cast<const char*>(digest.data()), digest.size());
        }
    });
}

Parameters::Arguments Parameters::arguments() const {
    Arguments arguments;
    arguments.values.reserve(values_.size());
    arguments.lengths.reserve(values_.size());
    for (const auto& value : values_) {
        if (value.length < 0)
            arguments.values.push_back(nullptr);
        else
            arguments.values.push_back(value.outside != nullptr ? value.outside
                                                                : bytes_.data() + value.begin);
        arguments.lengths.push_back(value.length);
    }
    arguments.formats.assign(values_.size(), 1);
    return arguments;
}

} // namespace portrait::postgres
