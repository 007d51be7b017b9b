#include "pictures/conditional.hpp"

#include "support/catch.hpp"

#include <limits>

namespace range_test {

using namespace portrait::http;

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
constexpr std::optional<ByteRange> everything;
constexpr auto is_outside = [](const std::optional<ByteRange>& range) { return range && range->length == 0; };

std::optional<ByteRange> select(std::string_view value, std::uint64_t size = 1000) {
    return select_range(&value, size);
}

} // namespace

TEST_CASE("a range of bytes selects that part", "[http][range]") {
    CHECK(select("bytes=0-0") == ByteRange{0, 1});
    CHECK(select("bytes=0-499") == ByteRange{0, 500});
    CHECK(select("bytes=500-999") == ByteRange{500, 500});
    CHECK(select("bytes=500-") == ByteRange{500, 500});
    CHECK(select("bytes=-1") == ByteRange{999, 1});
    CHECK(select("bytes=-1000") == ByteRange{0, 1000});
    CHECK(select("Bytes=0-") == ByteRange{0, 1000});
    CHECK(select("bytes=007-008") == ByteRange{7, 2});
}

TEST_CASE("a range that reaches beyond the end is cut to it", "[http][range]") {
    CHECK(select("bytes=999-1000") == ByteRange{999, 1});
    CHECK(select("bytes=0-18446744073709551615") == ByteRange{0, 1000});
    CHECK(select("bytes=0-99999999999999999999999999") == ByteRange{0, 1000});
    CHECK(select("bytes=-5000") == ByteRange{0, 1000});
    CHECK(select("bytes=-99999999999999999999999999") == ByteRange{0, 1000});
}

TEST_CASE("a range that begins beyond the end can't be satisfied", "[http][range]") {
    const auto* const value =
        GENERATE("bytes=1000-", "bytes=1000-1000", "bytes=1000-2000", "bytes=-0", "bytes=-000",
                 "bytes=18446744073709551615-", "bytes=99999999999999999999999999-");
    CAPTURE(value);
    CHECK(is_outside(select(value)));
}

TEST_CASE("ranges of 64 bits don't overflow", "[http][range]") {
    CHECK(select("bytes=0-", largest) == ByteRange{0, largest});
    CHECK(select("bytes=18446744073709551614-18446744073709551615", largest) == ByteRange{largest - 1, 1});
    CHECK(select("bytes=-18446744073709551615", largest) == ByteRange{0, largest});
}

TEST_CASE("other Range values are ignored", "[http][range]") {
    const auto* const value =
        GENERATE("", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=5-4", "bytes=0x1-2",
                 "bytes=1 -2", "bytes = 1-2", "bytes=1-2-3", "bytes=--1", "bytes=+1-2", "bytes=1-+2",
                 "bytes=0-1,2-3", "bytes=0-1,", "bytes=,0-1", "bytes:0-1", "items=0-1", "bytes=1-2 ");
    CAPTURE(value);
    CHECK(select(value) == everything);
}

TEST_CASE("without a Range the whole picture is sent", "[http][range]") {
    CHECK(select_range(nullptr, 1000) == everything);
}

TEST_CASE("an empty picture has no parts", "[http][range]") {
    CHECK(is_outside(select("bytes=0-", 0)));
    CHECK(is_outside(select("bytes=-0", 0)));
    CHECK(select("bytes=-5", 0) == everything);
}

TEST_CASE("Content-Range has the part and the size", "[http][range]") {
    CHECK(content_range({0, 100}, 1234) == "bytes 0-99/1234");
    CHECK(content_range({1233, 1}, 1234) == "bytes 1233-1233/1234");
    CHECK(content_range({0, largest}, largest) == "bytes 0-18446744073709551614/18446744073709551615");
    CHECK(content_range({}, 1234) == "bytes */1234");
}

} // namespace range_test
