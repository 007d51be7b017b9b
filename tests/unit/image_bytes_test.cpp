#include "support/catch.hpp"

#include <portrait/image_bytes.hpp>

using namespace portrait;

TEST_CASE("a buffer is taken over without a copy", "[bytes]") {
    std::vector<std::byte> buffer(100, std::byte{7});
    const auto* data = buffer.data();
    const ImageBytes bytes{std::move(buffer)};
    CHECK(bytes.data() == data);
    CHECK(bytes.size() == 100);
    const auto copy = bytes;
    CHECK(copy.data() == data);
}

TEST_CASE("a slice shares the owner and is cut to what is there", "[bytes]") {
    ImageBytes slice;
    {
        const auto whole = ImageBytes::copy_of("0123456789");
        slice = whole.slice(3, 4);
        CHECK(slice.data() == whole.data() + 3);
        CHECK(whole.slice(8, 100).text() == "89");
        CHECK(whole.slice(11, 1).empty());
        CHECK(whole.slice(0, 0).empty());
    }
    CHECK(slice.text() == "3456"); // the whole has gone, its bytes have not
}

TEST_CASE("no bytes are no bytes", "[bytes]") {
    const ImageBytes none;
    CHECK(none.empty());
    CHECK(none.text().empty());
    CHECK(none.slice(0, 5).empty());
}
