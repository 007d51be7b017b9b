#include "probing.hpp"

#include "support/pictures.hpp"

namespace probe_gif_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

ByteWriter screen(std::uint16_t width, std::uint16_t height, int flags = 0,
                  std::string_view version = "GIF89a") {
    ByteWriter out;
    out.text(version).le16(width).le16(height).u8(static_cast<std::uint8_t>(flags)).u8(0).u8(0);
    if ((flags & 0x80) != 0)
        out.fill(std::size_t{3} << ((flags & 7) + 1));
    return out;
}

Bytes extension(int label, std::string_view first, std::size_t blocks = 0) {
    ByteWriter out;
    out.u8(0x21).u8(static_cast<std::uint8_t>(label)).u8(first.size()).text(first);
    for (std::size_t block = 0; block < blocks; ++block)
        out.u8(255).fill(255, 0x2c);
    return out.u8(0).take();
}

Bytes frame(int flags = 0) {
    return ByteWriter{}.u8(0x2c).le16(0).le16(0).le16(1).le16(1).u8(static_cast<std::uint8_t>(flags)).take();
}

Bytes frame_of(std::uint16_t width, std::uint16_t height, std::uint16_t left = 0, std::uint16_t top = 0) {
    return ByteWriter{}.u8(0x2c).le16(left).le16(top).le16(width).le16(height).u8(0).take();
}

} // namespace

TEST_CASE("a GIF's header is its logical screen", "[probe][gif]") {
    CHECK(accepted(make_gif(211, 107)) == ImageHeader{ImageFormat::gif, 211, 107, 7, 1, ColorModel::palette});
    CHECK(accepted(screen(65535, 1, 0, "GIF87a").bytes(frame()).take()).width == 65535);
}

TEST_CASE("a GIF's bits are those of its colour table", "[probe][gif]") {
    CHECK(accepted(screen(1, 1, 0x80).bytes(frame()).take()).bits_per_sample == 1);
    CHECK(accepted(screen(1, 1, 0x87).bytes(frame()).take()).bits_per_sample == 8);
    CHECK(accepted(screen(1, 1, 0x80).bytes(frame(0x83)).take()).bits_per_sample == 4);
    CHECK(accepted(screen(1, 1).bytes(frame()).take()).bits_per_sample == 8);
}

TEST_CASE("a GIF's animation is announced by its application extension", "[probe][gif]") {
    const auto loop = extension(0xff, "NETSCAPE2.0");
    CHECK(accepted(screen(2, 2).bytes(loop).bytes(frame()).take()).animated);
    CHECK(accepted(screen(2, 2).bytes(extension(0xff, "ANIMEXTS1.0")).bytes(frame()).take()).animated);
    CHECK(accepted(screen(2, 2).bytes(extension(0xfe, "a comment", 900)).bytes(loop).bytes(frame()).take())
              .animated);
    CHECK_FALSE(accepted(screen(2, 2).bytes(extension(0xff, "XMP DataXMP")).bytes(frame()).take()).animated);
    CHECK_FALSE(accepted(screen(2, 2).bytes(extension(0xfe, "NETSCAPE2.0")).bytes(frame()).take()).animated);
    CHECK_FALSE(accepted(screen(2, 2).bytes(frame()).bytes(loop).take()).animated);
}

TEST_CASE("a GIF may have spare block terminators, as some encoders leave them", "[probe][gif]") {
    CHECK(accepted(screen(3, 2).fill(2).bytes(frame()).take()).width == 3);
}

TEST_CASE("a GIF is as large as its screen and its first frame together", "[probe][gif]") {
    const auto size = [](const Bytes& gif) {
        const auto header = accepted(gif);
        return std::pair{header.width, header.height};
    };
    CHECK(size(screen(0, 0).bytes(frame_of(5, 4)).take()) == std::pair{5U, 4U});
    CHECK(size(screen(2, 9).bytes(frame_of(5, 4)).take()) == std::pair{5U, 9U});
    CHECK(size(screen(2, 2).bytes(frame_of(5, 4, 3, 1)).take()) == std::pair{8U, 5U});
    CHECK(size(screen(1, 1).bytes(frame_of(20'000, 20'000)).take()) == std::pair{20'000U, 20'000U});
    CHECK(size(screen(7, 6).bytes(frame_of(0, 0, 30, 30)).take()) == std::pair{7U, 6U});
    CHECK(size(screen(9, 9).bytes(frame_of(5, 4)).bytes(frame_of(50, 40)).take()) == std::pair{9U, 9U});
}

TEST_CASE("a GIF's head that contradicts the format is refused", "[probe][gif]") {
    const auto refusal = GENERATE(values<Refusal>({
        {"no width", screen(0, 2).bytes(frame_of(0, 1)).take(), errc::image_zero_dimension, "0 x 2"},
        {"no height", screen(2, 0).bytes(frame_of(1, 0)).take(), errc::image_zero_dimension, "2 x 0"},
        {"frame far outside", screen(1, 1).bytes(frame_of(65'535, 1, 1)).take(), errc::image_corrupt,
         "65536 x 1"},
        {"no frame", screen(2, 2).u8(0x3b).take(), errc::image_corrupt, "without a frame"},
        {"text", ByteWriter{}.text("GIF89a is a format of pictures").take(), errc::image_corrupt,
         "unknown block"},
        {"too many blocks", screen(2, 2).bytes(extension(0xfe, "x", 5000)).bytes(frame()).take(),
         errc::image_corrupt, "first frame is not found within"},
        {"another version", ByteWriter{}.text("GIF88a").fill(30).take(), errc::image_unknown_format},
    }));
    check_refused(refusal);
}

TEST_CASE("a GIF that ends anywhere before its first frame is truncated", "[probe][gif]") {
    const auto head = screen(3, 2, 0x81).bytes(extension(0xff, "NETSCAPE2.0", 1)).bytes(frame()).take();
    accepted(head);
    check_all_truncations(head);
}

} // namespace probe_gif_test
