#include "support/catch.hpp"

#include "segments/record.hpp"

#include <portrait/testing/store_commands.hpp>

namespace record_test {

using namespace portrait;
using namespace portrait::sqlite;

TEST_CASE("a record's header reads back as it was written", "[sqlite][record]") {
    const RecordHeader header{0x0102030405060708, 0xfffffffff, testing::conformance::content(3).digest};
    const auto bytes = encode(header);
    CHECK(decode(bytes).value() == header);
    // The layout must not change: little-endian, the sequence at 16, the length at 24.
    CHECK(std::to_integer<int>(bytes[16]) == 0x08);
    CHECK(std::to_integer<int>(bytes[23]) == 0x01);
    CHECK(std::to_integer<int>(bytes[28]) == 0x0f);
}

TEST_CASE("a change of any byte of a record's header is found", "[sqlite][record]") {
    const auto whole = encode({7, 1000, testing::conformance::content(1).digest});
    for (std::size_t index = 0; index < whole.size(); ++index) {
        auto damaged = whole;
        damaged[index] ^= std::byte{1};
        CAPTURE(index);
        CHECK(decode(damaged).error() == errc::store_corrupt);
    }
}

TEST_CASE("a range holds header and bytes in whole 4 KiB blocks", "[sqlite][record]") {
    CHECK(range_length(0) == 4096);
    CHECK(range_length(4096 - 64) == 4096);
    CHECK(range_length(4096 - 63) == 8192);
    CHECK(range_length(0x7fffffff) == 0x80001000ULL);
}

} // namespace record_test
