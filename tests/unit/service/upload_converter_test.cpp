#include "support/catch.hpp"
#include "support/fake_upload_converter.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace upload_converter_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

using Format = ConvertibleFormat;

/// The outcome of an upload; the converter has to complete at once.
result<ImageBytes> outcome(const UploadConverter* converter, ImageBytes upload, const Limits& limits = {}) {
    std::optional<result<ImageBytes>> outcome;
    convert_upload(converter, std::move(upload), limits, {},
                   [&](result<ImageBytes> picture) { outcome = std::move(picture); });
    REQUIRE(outcome.has_value());
    return *std::move(outcome);
}

// A set of formats is a value that constants can have.
static_assert(ConvertibleFormats{}.empty());
static_assert(!ConvertibleFormats{Format::heic}.empty());
static_assert(ConvertibleFormats{Format::heic}.contains(Format::heic));
static_assert(!ConvertibleFormats{Format::heic}.contains(Format::webp));
static_assert(ConvertibleFormats{Format::webp, Format::avif}.contains(Format::avif));
static_assert(!ConvertibleFormats{Format::webp, Format::avif}.contains(Format::heic));
static_assert(ImageFormats::all().contains(ImageFormat::tiff));

} // namespace

TEST_CASE("a set of formats has those that were added, and all has each", "[unit][convert]") {
    ConvertibleFormats formats{};
    for (const auto format : all_convertible_formats) {
        CHECK_FALSE(formats.contains(format));
        CHECK(ConvertibleFormats::all().contains(format));
        formats.add(format);
        formats.add(format);
        CHECK(formats.contains(format));
    }
    CHECK_FALSE(formats.empty());
}

TEST_CASE("the first bytes name the convertible format", "[unit][convert]") {
    CHECK(convertible_format(make_webp_head()) == Format::webp);
    for (const auto* const brand :
         {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"}) {
        CAPTURE(brand);
        CHECK(convertible_format(make_media_head(brand)) == Format::heic);
        CHECK(convertible_format(make_media_head("xxxx", std::string{"yyyy"} + brand)) == Format::heic);
    }
    for (const auto* const brand : {"avif", "avis"}) {
        CAPTURE(brand);
        CHECK(convertible_format(make_media_head(brand)) == Format::avif);
        CHECK(convertible_format(make_media_head("mif1", std::string{"heic"} + brand)) == Format::avif);
    }
}

TEST_CASE("other bytes have no convertible format", "[unit][convert]") {
    const auto bytes = GENERATE(
        std::vector<std::byte>{}, make_png(), make_jpeg(), make_gif(), make_tiff(),
        make_media_head("isom", "mp42"), ByteWriter{}.text("RIFF").le32(9).text("WAVE").take(),
        ByteWriter{}.text("RIFF").le32(9).text("WEB").take(), ByteWriter{}.be32(8).text("ftyp").take());
    CHECK_FALSE(convertible_format(bytes));
}

TEST_CASE("an upload without a convertible format passes as it is", "[unit][convert]") {
    const FakeUploadConverter converter;
    const auto bytes = GENERATE(make_png(), make_jpeg(), make_gif(), make_tiff(), std::vector<std::byte>{},
                                ByteWriter{}.text("%PDF-1.7").take());
    const ImageBytes upload{bytes};
    // The service applies the limits to these.
    const auto passed = outcome(&converter, upload, {.max_bytes = 1});
    REQUIRE(passed.has_value());
    CHECK(passed->data() == upload.data());
    CHECK(passed->size() == upload.size());
    CHECK(outcome(nullptr, upload)->data() == upload.data());
    CHECK(converter.calls == 0);
}

TEST_CASE("an upload of a format that isn't switched on is refused with the remedy", "[unit][convert]") {
    struct Case {
        Format format;
        std::string found;
    };
    const auto [format, found] = GENERATE(values<Case>({{Format::webp, "a WebP picture"},
                                                        {Format::heic, "a HEIC picture"},
                                                        {Format::avif, "an AVIF picture"}}));
    ConvertibleFormats others{};
    for (const auto other : all_convertible_formats)
        if (other != format)
            others.add(other);
    const FakeUploadConverter converter{others};
    for (const auto* const used : {static_cast<const FakeUploadConverter*>(nullptr), &converter}) {
        const auto refused = outcome(used, ImageBytes{make_head_of(format)});
        REQUIRE(refused.has_error());
        CHECK(refused.error() == errc::image_unsupported_format);
        CHECK(refused.error().message() == "The bytes are " + found +
                                               "; PNG, JPEG, GIF and TIFF are accepted, and " +
                                               std::string{name_of(format)} +
                                               " if the operator of this service switches its conversion on");
    }
    CHECK(converter.calls == 0);
}

TEST_CASE("an upload of a format that is switched on is converted", "[unit][convert]") {
    const auto format = GENERATE(from_range(all_convertible_formats));
    const ImageBytes upload{make_head_of(format)};
    const std::stop_source stop;
    int calls = 0;
    const FakeUploadConverter converter{{format},
                                        [&](const UploadedImage& image, const RenderCaller& caller,
                                            const Completion<ImageBytes>& completion) {
                                            ++calls;
                                            CHECK(image.bytes.data() == upload.data());
                                            CHECK(image.format == format);
                                            CHECK(image.limits.max_width == 77);
                                            CHECK(caller.client == "10.0.0.0/24");
                                            CHECK(caller.stop == stop.get_token());
                                            completion(ImageBytes{FakeUploadConverter::picture()});
                                        }};
    std::optional<result<ImageBytes>> picture;
    convert_upload(&converter, upload, {.max_width = 77}, {stop.get_token(), "10.0.0.0/24"},
                   [&](result<ImageBytes> converted) { picture = std::move(converted); });
    REQUIRE(picture.has_value());
    REQUIRE(picture->has_value());
    CHECK((**picture).text() == ImageBytes{FakeUploadConverter::picture()}.text());
    CHECK(calls == 1);
}

TEST_CASE("an upload over the limit is refused before it is converted", "[unit][convert]") {
    const FakeUploadConverter converter;
    const ImageBytes upload{make_webp_head()};
    CHECK(outcome(&converter, upload, {.max_bytes = upload.size()}).has_value());
    REQUIRE(converter.calls == 1);
    const auto refused = outcome(&converter, upload, {.max_bytes = upload.size() - 1});
    REQUIRE(refused.has_error());
    CHECK(refused.error() == errc::image_too_many_bytes);
    CHECK(refused.error().observed() == upload.size());
    CHECK(refused.error().limit() == upload.size() - 1);
    CHECK(converter.calls == 1);
}

TEST_CASE("the blocking overload waits for another thread", "[unit][convert]") {
    std::thread worker;
    const FakeUploadConverter converter{
        ConvertibleFormats::all(),
        [&](const UploadedImage&, const RenderCaller&, Completion<ImageBytes> completion) {
            worker = std::thread{[completion = std::move(completion)] {
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
                completion(ImageBytes{FakeUploadConverter::picture()});
            }};
        }};
    const auto picture = convert_upload(&converter, ImageBytes{make_webp_head()}, {});
    worker.join();
    REQUIRE(picture.has_value());
    CHECK(picture->text() == ImageBytes{FakeUploadConverter::picture()}.text());
    const ImageBytes png{make_png()};
    CHECK(convert_upload(&converter, png, {})->data() == png.data());
}

TEST_CASE("the converter's error is the outcome", "[unit][convert]") {
    const FakeUploadConverter converter{
        ConvertibleFormats::all(),
        [](const UploadedImage&, const RenderCaller&, const Completion<ImageBytes>& completion) {
            completion(Error{errc::image_corrupt, "no pixels"});
        }};
    const auto refused = convert_upload(&converter, ImageBytes{make_webp_head()}, {});
    REQUIRE(refused.has_error());
    CHECK(refused.error() == errc::image_corrupt);
    CHECK(refused.error().message() == "no pixels");
}

} // namespace upload_converter_test
