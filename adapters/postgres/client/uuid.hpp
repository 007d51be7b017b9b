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

/// A random UUID (RFC 9562, version 4).
Uuid random_uuid();

} // namespace portrait::postgres
