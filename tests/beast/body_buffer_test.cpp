#include "connection/body_buffer.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace body_buffer_test {

using portrait::ImageBytes;
using portrait::http::BodyBuffer;

namespace {

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t at = 0; at < size; ++at)
        bytes[at] = static_cast<std::byte>(at * 31 + at / 256);
    return bytes;
}

} // namespace

TEST_CASE("a declared length up to 1 MiB is reserved at once, a larger buffer grows with the bytes received",
          "[body]") {
    CHECK(BodyBuffer(1000, 10'000).capacity() == 1000);
    CHECK(BodyBuffer(1U << 20U, 1U << 30U).capacity() == 1U << 20U);
    BodyBuffer large{1ULL << 40U, 1ULL << 41U};
    CHECK(large.capacity() == BodyBuffer::reserve_at_once);
    CHECK(BodyBuffer(std::nullopt, 1U << 30U).capacity() == 0);
}

TEST_CASE("bytes that arrive in pieces are kept in order while the buffer grows", "[body]") {
    const auto bytes = pattern(5'000'000);
    const std::optional<std::uint64_t> declared =
        GENERATE(std::optional<std::uint64_t>{5'000'000}, std::optional<std::uint64_t>{});
    BodyBuffer buffer{declared, 6'000'000};
    for (std::size_t at = 0; at < bytes.size();) {
        const auto room = buffer.prepare();
        REQUIRE_FALSE(room.empty());
        const std::size_t count = std::min({room.size(), bytes.size() - at, std::size_t{70'001}});
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
        buffer.commit(count);
        at += count;
        REQUIRE(buffer.capacity() <= std::max<std::size_t>(2 * at + 140'002, BodyBuffer::reserve_at_once));
    }
    const ImageBytes taken = buffer.take();
    CHECK(std::equal(bytes.begin(), bytes.end(), taken.view().begin(), taken.view().end()));
    CHECK(buffer.size() == 0);
}

TEST_CASE("a buffer accepts no more bytes than its limit", "[body]") {
    const auto bytes = pattern(100);
    BodyBuffer declared{40, 1000};
    CHECK(declared.append(bytes) == 40);
    CHECK(declared.prepare().empty());
    BodyBuffer limited{std::nullopt, 60};
    CHECK(limited.append(bytes) == 60);
    CHECK(limited.take().size() == 60);
}

TEST_CASE("an empty buffer gives no bytes", "[body]") {
    CHECK(BodyBuffer(std::nullopt, 10).take().empty());
    CHECK(BodyBuffer(10, 10).take().empty());
}

} // namespace body_buffer_test
