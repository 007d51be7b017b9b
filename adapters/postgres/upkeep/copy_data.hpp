#pragma once

#include "client/parameters.hpp"

#include <string>
#include <string_view>

namespace portrait::postgres {

/// Rows in the binary format of PostgreSQL's COPY.
class CopyData {
public:
    CopyData();

    /// Adds a row of these columns; bytes among them are copied.
    void add(const Parameters& row);
    /// All rows; call it once, after the last `add`.
    std::string_view finish();

private:
    void append(std::uint32_t value, unsigned bytes);

    std::string data_;
};

} // namespace portrait::postgres
