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
    const auto profile = make_profile();
    const ImageBytes bytes{
        joined({head, extension(0xff, {"NETSCAPE2.0", {"\1\0\0", 3}}),
                extension(0xff, {"ICCRGBG1012", profile.substr(0, 100), profile.substr(100)}),
                extension(0xf9, {{"\4\12\0\0", 4}}), frame, frame, end})};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK(result->receipt == ScrubReceipt{});
}

TEST_CASE("a GIF's extensions keep what decoders read", "[scrub][gif]") {
    const std::string_view secret = "SECRET";
    const auto loops = extension(0xff, {"NETSCAPE2.0", {"\1\7\0", 3}});
    const auto timing = extension(0xf9, {{"\4\12\0\0", 4}});
    const auto bare = joined({head, loops, timing, frame, end});
    const auto hiding = {
        joined({head, extension(0xff, {"NETSCAPE2.0", {"\1\7\0", 3}, secret}), timing, frame, end}),
        joined({head, extension(0xff, {"NETSCAPE2.0", {"\1\7\0SECRET", 9}}), timing, frame, end}),
        joined({head, extension(0xff, {"NETSCAPE2.0", secret}), timing, loops, frame, end}),
        joined({head, loops, extension(0xf9, {"GPS."}), timing, frame, end}),
        joined({head, loops, extension(0xf9, {{"\4\12\0\0", 4}, secret}), frame, end}),
        joined({head, loops, extension(0xf9, {"SECRETS"}), timing, frame, end}),
        joined({head, loops, extension(0x01, {"twelve bytes", secret}), timing, frame, end}),
        joined({head, loops, extension(0xff, {"ICCRGBG1012", secret}), timing, frame, end}),
        joined({head, loops, {std::byte{0}}, timing, frame, extension(0xf9, {"GPS."}), end}),
    };
    for (const auto& bytes : hiding)
        CHECK(copy_of(scrubbed(bytes).bytes) == bare);
}

TEST_CASE("bytes behind a GIF frame's last pixel are removed", "[scrub][gif]") {
    const auto bare = joined({head, frame, end});
    const auto blocks = frame.size() - 1; // without the terminator
    const Bytes data{frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(blocks)};
    const auto block_at = std::size_t{11};
    REQUIRE(data.size() == block_at + 1 + std::to_integer<std::size_t>(data[block_at])); // one block
    const auto more = joined({head, data, ByteWriter{}.u8(6).text("SECRET").u8(0).take(), end});
    CHECK(copy_of(scrubbed(more).bytes) == bare);
    auto longer = joined({data, bytes_of("SECRET")});
    longer[block_at] = static_cast<std::byte>(std::to_integer<unsigned>(longer[block_at]) + 6);
    CHECK(copy_of(scrubbed(joined({head, longer, {std::byte{0}}, end})).bytes) == bare);
    // Pixels beyond the frame's size: only the code that is behind the last one is known to be the end.
    auto wide = joined({head, frame, end});
    wide[head.size() + 5] = std::byte{3}; // its width
    CHECK(scrubbed(wide).bytes.size() < wide.size());
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
