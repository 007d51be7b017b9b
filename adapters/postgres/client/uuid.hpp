#pragma once

#include <array>
#include <compare>
#include <cstddef>

namespace portrait::postgres {

/// A value of the type uuid.
struct Uuid {
    std::array<std::byte, 16> bytes{};

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// A UUID of the present millisecond and 74 random bits (RFC 9562, version 7). Ids of the same time are
/// neighbours in an index, so a batch of them changes few of its pages.
Uuid new_uuid();

} // namespace portrait::postgres
