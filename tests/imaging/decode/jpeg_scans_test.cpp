#include "decode/decoding.hpp"

#include "support/byte_writer.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <algorithm>
#include <vector>

namespace jpeg_scans_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of_numbers(std::initializer_list<int> numbers) {
    Bytes bytes;
    for (const int number : numbers)
        bytes.push_back(static_cast<std::byte>(number));
    return bytes;
}

const Bytes frame_64_by_64 =
    bytes_of_numbers({0xFF, 0xC2, 0, 17, 8, 0, 64, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1});
const Bytes scan_of_one = bytes_of_numbers({0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x12, 0xFF, 0x00, 0xDA});

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all = bytes_of_numbers({0xFF, 0xD8});
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace

TEST_CASE("a JPEG of one scan keeps no coefficients") {
    const auto scans = jpeg_scans(make_jpeg(64, 64));
    CHECK(scans.scans == 1);
    CHECK(scans.coefficient_bytes == 0);
}

TEST_CASE("scans are counted outside segments and compressed data, up to the end of the picture") {
    const auto thumbnail = bytes_of_numbers({0xFF, 0xE1, 0, 6, 0xFF, 0xDA, 0xFF, 0xDA});
    const auto end = bytes_of_numbers({0xFF, 0xD9});
    const auto scans =
        jpeg_scans(joined({thumbnail, frame_64_by_64, scan_of_one, scan_of_one, end, scan_of_one}));
    CHECK(scans.scans == 2);
    // 5 by 5 units of 6 blocks of 64 coefficients of two bytes: a unit more each way than are needed.
    CHECK(scans.coefficient_bytes == 25 * 6 * 128);
}

TEST_CASE("fill bytes before a marker hide no scan") {
    const auto fill = bytes_of_numbers({0xFF});
    for (const auto& filled : {joined({fill, frame_64_by_64, fill, scan_of_one, fill, scan_of_one}),
                               joined({fill, fill, frame_64_by_64, fill, fill, scan_of_one, scan_of_one})}) {
        const auto scans = jpeg_scans(filled);
        CHECK(scans.scans == 2);
        CHECK(scans.coefficient_bytes == 25 * 6 * 128);
    }
}

TEST_CASE("scans of a truncated JPEG are counted up to its end") {
    const auto whole = joined({frame_64_by_64, scan_of_one, scan_of_one});
    for (std::size_t size = 0; size <= whole.size(); ++size)
        CHECK(jpeg_scans(std::span{whole}.first(size)).scans <= 2);
}

} // namespace jpeg_scans_test
