#include "support/catch.hpp"

#include <portrait/image_bytes.hpp>

#include <utility>

namespace image_bytes_test {

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

TEST_CASE("a slice shares the owner and ends with the bytes", "[bytes]") {
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

TEST_CASE("a default object has no bytes", "[bytes]") {
    const ImageBytes none;
    CHECK(none.empty());
    CHECK(none.text().empty());
    CHECK(none.slice(0, 5).empty());
}

TEST_CASE("a moved-from object is empty and the target has all bytes", "[bytes]") {
    auto first = ImageBytes::copy_of("0123456789");
    ImageBytes second{std::move(first)};
    CHECK(first.empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(first.data() == nullptr);
    CHECK(first.held() == 0);
    CHECK(first.owner() == nullptr);
    CHECK(second.text() == "0123456789");

    auto third = ImageBytes::copy_of("abc");
    third = std::move(second);
    CHECK(second.empty()); // NOLINT(bugprone-use-after-move)
    CHECK(third.text() == "0123456789");
    first = third; // usable again
    CHECK(first.text() == "0123456789");

    auto& same = third;
    third = std::move(same);
    CHECK(third.text() == "0123456789");
}

TEST_CASE("a slice returns the bytes that it keeps in memory", "[bytes]") {
    const auto whole = ImageBytes::copy_of("0123456789");
    const auto slice = whole.slice(3, 4);
    CHECK(slice.size() == 4);
    CHECK(slice.held() == 10);
    CHECK(slice.owner() == whole.owner());
    CHECK(slice.slice(1, 1).held() == 10);
    CHECK(ImageBytes::copy_of("0123456789").owner() != whole.owner());
}

TEST_CASE("a weak reference returns the bytes while an object keeps them", "[bytes]") {
    CHECK_FALSE(WeakImageBytes{}.lock());
    auto kept = ImageBytes::copy_of("0123456789").slice(2, 3);
    const WeakImageBytes weak{kept};
    {
        const auto again = weak.lock();
        REQUIRE(again);
        CHECK(again->data() == kept.data());
        CHECK(again->text() == "234");
        CHECK(again->held() == 10);
    }
    CHECK_FALSE(weak.expired());
    kept = {};
    CHECK(weak.expired());
    CHECK_FALSE(weak.lock());
}

TEST_CASE("bytes are taken over from vectors of any kind of byte") {
    std::vector<unsigned char> unsigned_bytes{1, 2, 255};
    std::vector<char> characters{'\1', '\2', '\377'};
    const std::vector<std::byte> expected{std::byte{1}, std::byte{2}, std::byte{255}};
    const ImageBytes copied = ImageBytes::copy_of(std::span<const unsigned char>{unsigned_bytes});
    const auto* const first = unsigned_bytes.data();
    const ImageBytes taken{std::move(unsigned_bytes)};
    CHECK(static_cast<const void*>(taken.data()) == first);
    for (const auto& bytes : {taken, copied, ImageBytes{std::move(characters)}})
        CHECK(std::vector<std::byte>(bytes.view().begin(), bytes.view().end()) == expected);
}

} // namespace image_bytes_test
