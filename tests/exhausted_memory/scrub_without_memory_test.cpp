#include "failing_memory.hpp"
#include "unit/scrub/scrubbing.hpp"

namespace scrub_without_memory_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// Inserts metadata of several kinds behind the first `position` bytes.
Bytes with_inserted(const Bytes& picture, std::size_t position, const Bytes& metadata) {
    const auto middle = picture.begin() + static_cast<std::ptrdiff_t>(position);
    return joined({{picture.begin(), middle}, metadata, {middle, picture.end()}});
}

Bytes jpeg_with_metadata() {
    const auto exif = make_exif(6);
    ByteWriter metadata;
    metadata.u8(0xff).u8(0xe1).be16(2 + 6 + exif.size()).text({"Exif\0\0", 6}).bytes(exif);
    metadata.u8(0xff).u8(0xfe).be16(2 + 4).text("home");
    return with_inserted(make_jpeg(24, 16, 5), 2, metadata.take());
}

Bytes png_with_metadata() {
    const auto text = make_png_chunk("tEXt", bytes_of({"Comment\0home", 12}));
    return with_inserted(make_png(5, 4), 33, joined({text, make_png_chunk("eXIf", make_exif(6))}));
}

Bytes gif_with_metadata() {
    const auto comment = ByteWriter{}.u8(0x21).u8(0xfe).u8(4).text("home").u8(0).take();
    return with_inserted(make_gif(9, 7), 13 + 384, comment);
}

struct Picture {
    std::string_view name;
    Bytes bytes;
};

} // namespace

TEST_CASE("probe without memory throws bad_alloc or answers as always", "[memory]") {
    for (const auto& [name, bytes] :
         {Picture{"probe a JPEG", jpeg_with_metadata()}, Picture{"probe a PNG", png_with_metadata()},
          Picture{"probe a GIF", gif_with_metadata()}, Picture{"probe a TIFF", make_tiff()},
          Picture{"probe a PDF", bytes_of("%PDF-1.7")},
          Picture{"probe a part of a PNG", {bytes_of("\x89PNG")}},
          Picture{"probe an unknown format", bytes_of("nonsense")}}) {
        const auto expected = probe(bytes);
        for_each_fault(name, 1, FailingThreads::calling, [&, &bytes = bytes](Fault& fault) {
            const auto header = fault.during([&] { return probe(bytes); });
            if (!header)
                return;
            REQUIRE(header->has_value() == expected.has_value());
            if (expected)
                CHECK(**header == *expected);
            else
                CHECK(header->error() == expected.error().code());
        });
    }
}

TEST_CASE("scrub without memory throws bad_alloc or removes all metadata", "[memory][scrub]") {
    for (const auto& [name, bytes] :
         {Picture{"scrub a JPEG", jpeg_with_metadata()}, Picture{"scrub a PNG", png_with_metadata()},
          Picture{"scrub a GIF", gif_with_metadata()}, Picture{"scrub a TIFF", make_tiff()},
          Picture{"scrub a damaged PNG", with_inserted(png_with_metadata(), 40, bytes_of("x"))}}) {
        const auto expected = scrub(ImageBytes{bytes});
        const ImageBytes input{bytes};
        for_each_fault(name, 1, FailingThreads::calling, [&](Fault& fault) {
            const auto scrubbed = fault.during([&] { return scrub(input); });
            if (!scrubbed)
                return;
            REQUIRE(scrubbed->has_value() == expected.has_value());
            if (!expected) {
                CHECK(scrubbed->error() == expected.error().code());
                return;
            }
            CHECK((*scrubbed)->receipt == expected->receipt);
            CHECK((*scrubbed)->bytes.text() == expected->bytes.text());
        });
    }
}

} // namespace scrub_without_memory_test
