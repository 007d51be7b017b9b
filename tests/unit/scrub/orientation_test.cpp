#include "scrubbing.hpp"

#include "scrub/scrubbers.hpp"

namespace scrub_orientation_test {

using namespace portrait;
using namespace portrait::testing;
using portrait::probing::ByteView;
using portrait::scrubbing::orientation_block;
using portrait::scrubbing::orientation_in;

TEST_CASE("the orientation is read in either byte order and written big-endian", "[scrub]") {
    for (std::uint16_t value = 0; value <= 10; ++value) {
        INFO(value);
        const auto expected = value >= 2 && value <= 8 ? std::optional{static_cast<std::uint8_t>(value)}
                                                       : std::optional<std::uint8_t>{};
        CHECK(orientation_in(ByteView{make_exif(value)}) == expected);
        CHECK(orientation_in(ByteView{make_exif(value, true)}) == expected);
        if (expected) {
            const auto block = orientation_block(*expected);
            CHECK(Bytes(block.begin(), block.end()) == make_orientation(*expected));
            CHECK(orientation_in(ByteView{block}) == expected);
        }
    }
}

TEST_CASE("an orientation of another integer type counts, as in libexif", "[scrub]") {
    for (const auto type : {1, 4, 6, 9}) {
        INFO(type);
        ByteWriter out;
        out.text("II").le16(42).le32(8).le16(1).le16(0x0112).le16(type).le32(1).le32(6).le32(0);
        CHECK(orientation_in(ByteView{out.view()}) == 6);
    }
}

TEST_CASE("a damaged EXIF block has no orientation", "[scrub]") {
    const auto whole = make_exif(6);
    const auto entry_end = whole.size() - 4; // the offset of a next directory isn't needed
    for (std::size_t size = 0; size < entry_end; ++size) {
        INFO("cut off after " << size << " bytes");
        CHECK_FALSE(orientation_in(ByteView{std::span{whole}.first(size)}));
    }
    CHECK(orientation_in(ByteView{std::span{whole}.first(entry_end)}) == 6);
    const auto changed = [&](std::size_t at, std::uint8_t value) {
        auto bytes = whole;
        bytes[at] = std::byte{value};
        return orientation_in(ByteView{bytes});
    };
    CHECK_FALSE(changed(0, 'I'));  // the byte order is half the one and half the other
    CHECK_FALSE(changed(3, 43));   // BigTIFF
    CHECK_FALSE(changed(4, 0xff)); // a directory far outside
    CHECK_FALSE(changed(25, 4));   // a LONG
    CHECK_FALSE(changed(29, 2));   // two of them
}

} // namespace scrub_orientation_test
