#include "scrubbing.hpp"

namespace scrub_gif_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

// The comment of `make_gif` is behind the screen and its table of 128 colours.
constexpr std::ptrdiff_t screen_end = 13 + 384;
constexpr std::ptrdiff_t comment_size = 8;

const Bytes with_comment = make_gif(9, 7);
const Bytes head{with_comment.begin(), with_comment.begin() + screen_end};
const Bytes frame{with_comment.begin() + screen_end + comment_size, with_comment.end() - 1};
const Bytes end{std::byte{0x3b}};

Bytes extension(std::uint8_t label, std::initializer_list<std::string_view> blocks) {
    ByteWriter out;
    out.u8(0x21).u8(label);
    for (const auto block : blocks)
        out.u8(block.size()).text(block);
    return out.u8(0).take();
}

} // namespace

TEST_CASE("a GIF's comments and application data are removed", "[scrub][gif]") {
    const auto comment = extension(0xfe, {"taken", "at home"});
    const auto xmp = extension(0xff, {"XMP DataXMP", "<x/>"});
    const auto other = extension(0xff, {"fractint001", "x"});
    const auto unknown = extension(0x42, {"x"});
    const auto bare = joined({head, frame, end});
    const auto result = scrubbed(joined({head, comment, xmp, frame, other, comment, unknown, end}));
    CHECK(copy_of(result.bytes) == bare);
    CHECK(result.receipt.removed ==
          Removed{{MetadataKind::xmp, 1, xmp.size()},
                  {MetadataKind::comment, 2, 2 * comment.size()},
                  {MetadataKind::application_data, 2, other.size() + unknown.size()}});
    CHECK(copy_of(scrubbed(joined({bare, bytes_of("a trailer")})).bytes) == bare);
}

TEST_CASE("a GIF keeps its loops, timing, profile and frames", "[scrub][gif]") {
    const ImageBytes bytes{
        joined({head, extension(0xff, {"NETSCAPE2.0", {"\1\0\0", 3}}),
                extension(0xff, {"ICCRGBG1012", "profile"}), extension(0xf9, {{"\4\12\0\0", 4}}), frame,
                extension(0x01, {"twelve bytes", "a text"}), frame, end})};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK(result->receipt == ScrubReceipt{});
}

TEST_CASE("a truncated GIF is scrubbed up to its end, and a damaged one is refused", "[scrub][gif]") {
    const auto comment = extension(0xfe, {"taken", "at home"});
    for (std::size_t size = 1; size <= comment.size(); ++size) {
        INFO("of a comment behind the frame, " << size << " bytes are there");
        const auto cut = scrubbed(
            joined({head, frame, {comment.begin(), comment.begin() + static_cast<std::ptrdiff_t>(size)}}));
        CHECK(cut.bytes.size() <= head.size() + frame.size());
    }
    const auto broken = scrub(ImageBytes{joined({head, frame, bytes_of("x"), comment, end})});
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error() == errc::image_corrupt);
}

} // namespace scrub_gif_test
