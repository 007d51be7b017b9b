#pragma once

#include <cstdint>

namespace portrait::postgres {

/// The version of the tables that this library reads and writes; see `rows/schema.cpp`.
inline constexpr std::int32_t schema_version = 1;

} // namespace portrait::postgres
