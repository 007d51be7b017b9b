#include "convert_fixture.hpp"
#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace endpoint_convert_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

using Format = ConvertibleFormat;

std::shared_ptr<FakeUploadConverter> failing_converter(errc code) {
    return make_converter(ConvertibleFormats::all(),
                          [code](const UploadedImage&, const RenderCaller&,
                                 const Completion<ImageBytes>& completion) { completion(Error{code}); });
}

} // namespace

TEST_CASE("every route that stores an upload converts it", "[endpoint][convert]") {
    const auto format = GENERATE(from_range(all_convertible_formats));
    for (const auto& upload : uploads()) {
        DYNAMIC_SECTION(upload.name << " of " << name_of(format)) {
            const ConvertFixture fixture{make_converter({format})};
            const auto response = fixture.send(upload.request(text_of(make_head_of(format))));
            CAPTURE(response.body_text());
            CHECK(response.status == upload.status);
            CHECK(fixture.converter->calls == 1);
            CHECK(field(response, "X-Image-Type") == "image/jpeg");
            CHECK(response.find("ETag") == nullptr);
            CHECK(response.find("Last-Modified") == nullptr);
            CHECK(response.find("X-Image-ETag") != nullptr);
            if (upload.makes_blob) {
                CHECK(fixture.blob(std::string{response.body_text()}) == converted_picture());
                return;
            }
            const auto picture = fixture.send({});
            CHECK(picture.body_text() == converted_picture());
            CHECK(field(picture, "Content-Type") == "image/jpeg");
            if (upload.name != "BLOB/SetBlobStream") // whose tag is the blob's
                CHECK(field(picture, "ETag") == field(response, "X-Image-ETag"));
        }
    }
}

TEST_CASE("an upload that isn't converted is stored as it is, with its ETag", "[endpoint][convert]") {
    const bool has_converter = GENERATE(true, false);
    for (const auto& upload : uploads()) {
        DYNAMIC_SECTION(upload.name << (has_converter ? " with a converter" : " without a converter")) {
            const ConvertFixture fixture{has_converter ? make_converter() : nullptr};
            const auto gif = text_of(make_gif(5, 6));
            const auto response = fixture.send(upload.request(gif));
            CHECK(response.status == upload.status);
            CHECK(field(response, "X-Image-Type") == "image/gif");
            CHECK((response.find("X-Image-ETag") != nullptr) == !upload.is_raw_put);
            CHECK((response.find("ETag") != nullptr) == upload.is_raw_put);
            CHECK(response.find("Last-Modified") == nullptr);
            CHECK((upload.makes_blob ? fixture.blob(std::string{response.body_text()}) : fixture.stored()) ==
                  gif);
            if (has_converter)
                CHECK(fixture.converter->calls == 0);
        }
    }
}

TEST_CASE("X-Image-Type is the stored type of every format", "[endpoint][convert]") {
    const ConvertFixture fixture{nullptr};
    for (const auto& [type, bytes] : {std::pair<std::string, std::vector<std::byte>>{"image/png", make_png()},
                                      {"image/jpeg", make_jpeg()},
                                      {"image/gif", make_gif()},
                                      {"image/tiff", make_tiff()}})
        CHECK(field(fixture.send(put_image(text_of(bytes), "image/png")), "X-Image-Type") == type);
    CHECK(fixture.send(put_image("text")).find("X-Image-Type") == nullptr);
}

TEST_CASE("a converted upload has its dimensions, and a tag that conditions accept", "[endpoint][convert]") {
    const ConvertFixture fixture{make_converter()};
    const auto first = fixture.send(put_image(webp()));
    CHECK(field(first, "X-Image-Width") == "16");
    CHECK(field(first, "X-Image-Height") == "8");
    const auto tag = field(first, "X-Image-ETag");
    CHECK(fixture.send(put_image(webp(), "image/webp", {{"If-Match", tag}})).status == 200);
    const auto refused = fixture.send(put_image(webp(), "image/webp", {{"If-Match", tag}}));
    CHECK(refused.status == 412);
    CHECK(refused.find("ETag") != nullptr);
    CHECK(refused.find("X-Image-ETag") == nullptr);
}

TEST_CASE("the types of formats that are converted are accepted", "[endpoint][convert]") {
    const auto [type, format] = GENERATE(table<std::string, Format>({{"image/webp", Format::webp},
                                                                     {"image/heic", Format::heic},
                                                                     {"image/heif", Format::heic},
                                                                     {"image/heic-sequence", Format::heic},
                                                                     {"image/heif-sequence", Format::heic},
                                                                     {"image/avif", Format::avif},
                                                                     {"image/avif-sequence", Format::avif}}));
    CAPTURE(type);
    const ConvertFixture on{make_converter({format})};
    CHECK(on.send(put_image(text_of(make_head_of(format)), type)).status == 200);
    CHECK(on.stored() == converted_picture());
    CHECK(on.send(put_image(text_of(make_png()), type)).status == 200); // the bytes decide
    CHECK(on.stored() == text_of(make_png()));

    const ConvertFixture off{nullptr};
    const auto before = off.stored();
    const auto refused = off.send(put_image(text_of(make_png(9, 9)), type));
    CHECK(refused.status == 415);
    CHECK(off.rule_of(refused) == "request.unsupported_media_type");
    CHECK(field(refused, "Accept") ==
          "image/png, image/jpeg, image/gif, image/tiff, application/octet-stream, multipart/form-data");
    CHECK(off.message_of(refused) == "The Content-Type '" + type + "' is not accepted; send one of " +
                                         field(refused, "Accept") + ", or " + std::string{name_of(format)} +
                                         " if the operator of this service switches its conversion on");
    CHECK(off.stored() == before);
}

TEST_CASE("a 415 has the types of formats that are converted", "[endpoint][convert]") {
    const ConvertFixture fixture{make_converter({Format::webp, Format::avif})};
    const auto refused = fixture.send(put_image("text", "text/plain"));
    CHECK(refused.status == 415);
    CHECK(field(refused, "Accept") == "image/png, image/jpeg, image/gif, image/tiff, image/webp, image/avif, "
                                      "application/octet-stream, multipart/form-data");
    CHECK(fixture.message_of(refused) ==
          "The Content-Type 'text/plain' is not accepted; send one of " + field(refused, "Accept"));
    CHECK(fixture.send(put_image(webp(), "image/heic")).status == 415);
}

TEST_CASE("bytes of a format that isn't converted are refused on every route", "[endpoint][convert]") {
    const bool strict = GENERATE(false, true);
    const auto used =
        GENERATE_COPY(as<std::shared_ptr<FakeUploadConverter>>{}, nullptr, make_converter({Format::heic}));
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name, strict);
        const ConvertFixture fixture{used, {.strict_superoffice = strict}};
        const auto before = fixture.stored();
        const auto refused = fixture.send(upload.request(webp()));
        CHECK(refused.status == 400);
        CHECK(fixture.rule_of(refused) == "image.unsupported_format");
        CHECK(fixture.message_of(refused) ==
              "The bytes are a WebP picture; PNG, JPEG, GIF and TIFF are accepted, and WebP if the operator "
              "of this service switches its conversion on");
        CHECK(fixture.stored() == before);
        if (used)
            CHECK(used->calls == 0);
    }
}

TEST_CASE("the converter's errors are answered on every route and store nothing", "[endpoint][convert]") {
    struct Case {
        errc code;
        unsigned status;
        unsigned strict_status;
    };
    const auto failure = GENERATE(values<Case>({{errc::image_corrupt, 422, 400},
                                                {errc::image_too_many_pixels, 422, 400},
                                                {errc::image_too_many_bytes, 413, 400},
                                                {errc::rendition_too_costly, 422, 400},
                                                {errc::rendition_timed_out, 422, 400},
                                                {errc::service_busy, 503, 503},
                                                {errc::cancelled, 503, 503}}));
    for (const auto& upload : uploads())
        for (const bool strict : {false, true}) {
            CAPTURE(upload.name, strict);
            const ConvertFixture fixture{failing_converter(failure.code), {.strict_superoffice = strict}};
            const auto before = fixture.stored();
            const auto refused = fixture.send(upload.request(webp()));
            CHECK(refused.status == (strict ? failure.strict_status : failure.status));
            CHECK(fixture.rule_of(refused) == Error{failure.code}.rule());
            CHECK((refused.find("Retry-After") != nullptr) == (refused.status == 503));
            CHECK(fixture.stored() == before);
        }
}

TEST_CASE("strict SuperOffice answers 400 to a type that isn't converted", "[endpoint][convert][strict]") {
    const ConvertFixture off{nullptr, {.strict_superoffice = true}};
    CHECK(off.send(put_image(webp(), "image/webp")).status == 400);
    const ConvertFixture on{make_converter(), {.strict_superoffice = true}};
    CHECK(on.send(put_image(webp(), "image/webp")).status == 200);
}

TEST_CASE("a converter that throws is answered with 500", "[endpoint][convert]") {
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        const ConvertFixture fixture{
            make_converter(ConvertibleFormats::all(),
                           [](const UploadedImage&, const RenderCaller&, const Completion<ImageBytes>&) {
                               throw std::runtime_error{"decoder password hunter2"};
                           })};
        const auto broken = fixture.send(upload.request(webp()));
        CHECK(broken.status == 500);
        CHECK(broken.body_text().find("hunter2") == std::string_view::npos);
        REQUIRE(fixture.log->events().size() == 1);
        CHECK(fixture.log->events().front().find("hunter2") != std::string::npos);
    }
}

TEST_CASE("a picture that the service refuses after its conversion is refused", "[endpoint][convert]") {
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        const ConvertFixture fixture{
            make_converter(ConvertibleFormats::all(), [](UploadedImage image, const RenderCaller&,
                                                         const Completion<ImageBytes>& completion) {
                completion(std::move(image.bytes)); // against the port's contract
            })};
        const auto refused = fixture.send(upload.request(webp()));
        CHECK(refused.status == 400);
        CHECK(fixture.rule_of(refused) == "image.unsupported_format");
    }
}

TEST_CASE("an upload over the limit is refused before it is converted", "[endpoint][convert]") {
    const Limits limits{.max_bytes = 1000};
    const auto large = webp() + std::string(1000, '\0');
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        const ConvertFixture fixture{make_converter(), {}, limits};
        const auto refused = fixture.send(upload.request(large));
        CHECK(refused.status == 413);
        CHECK(fixture.object_of(refused).at("Limit") == 1000);
        CHECK(fixture.converter->calls == 0);
        CHECK(fixture.send(upload.request(webp())).status == upload.status);
    }
}

TEST_CASE("CORS exposes the fields of a converted upload", "[endpoint][convert]") {
    http::EndpointOptions options;
    options.cors.origins = {"https://app.example.com"};
    const ConvertFixture fixture{make_converter(), options};
    const auto response =
        fixture.send(put_image(webp(), "image/webp", {{"Origin", "https://app.example.com"}}));
    CHECK(response.status == 200);
    const auto exposed = field(response, "Access-Control-Expose-Headers");
    CHECK(exposed.find("X-Image-Type") != std::string::npos);
    CHECK(exposed.find("X-Image-ETag") != std::string::npos);
}

} // namespace endpoint_convert_test
