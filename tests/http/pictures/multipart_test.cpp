#include "pictures/multipart.hpp"

#include "support/catch.hpp"
#include "support/fake_upload_converter.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace multipart_test {

using namespace portrait;
using namespace portrait::http;
using namespace portrait::testing;

namespace {

constexpr std::string_view picture_head = "Content-Disposition: form-data; name=\"image\"; "
                                          "filename=\"photo.png\"\r\nContent-Type: image/png\r\n\r\n";

std::string text_of(const std::vector<std::byte>& bytes) {
    return std::string{ImageBytes::copy_of(std::span{bytes}).text()};
}

std::string part(std::string_view head, std::string_view content, std::string_view boundary = "XX") {
    return "--" + std::string{boundary} + "\r\n" + std::string{head} + std::string{content} + "\r\n";
}

boost::system::result<ImageBytes, Problem> parse(std::string body, std::string_view boundary = "XX",
                                                 ConvertibleFormats formats = {}) {
    return picture_part(ImageBytes{std::move(body)}, boundary, formats);
}

/// The picture's bytes, or the rule of the refusal.
std::string outcome(std::string body, std::string_view boundary = "XX", ConvertibleFormats formats = {}) {
    const auto picture = parse(std::move(body), boundary, formats);
    if (picture)
        return std::string{picture->text()};
    CHECK(picture.error().status == 400);
    CHECK_FALSE(picture.error().message.empty());
    return std::string{picture.error().rule};
}

} // namespace

TEST_CASE("a form's picture is a slice of the body", "[http][multipart]") {
    const ImageBytes body{part(picture_head, "the bytes") + "--XX--\r\n"};
    const auto picture = picture_part(body, "XX", {});
    REQUIRE(picture.has_value());
    CHECK(picture->text() == "the bytes");
    CHECK(picture->data() == body.data() + body.text().find("the bytes"));
}

TEST_CASE("the slice outlives the body it was cut from", "[http][multipart]") {
    ImageBytes picture;
    {
        const ImageBytes body{part(picture_head, "the bytes") + "--XX--"};
        picture = *picture_part(body, "XX", {});
    }
    CHECK(picture.text() == "the bytes");
}

TEST_CASE("an image type wins over the bytes of a picture, and these over a file name", "[http][multipart]") {
    const auto end = std::string{"--XX--\r\n"};
    const auto png = text_of(make_png());
    const auto cut_off = png.substr(0, 20);
    const auto file = part("Content-Disposition: form-data; filename=\"letter.pdf\"\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                           "letter");
    const auto blob = [](std::string_view bytes) {
        return part("Content-Disposition: form-data; name=\"x\"\r\n\r\n", bytes);
    };
    CHECK(outcome(file + part(picture_head, "A") + end) == "A");
    CHECK(outcome(file + blob(png) + part(picture_head, "A") + part(picture_head, "B") + end) == "A");
    CHECK(outcome(file + blob("text") + blob(png) + blob(text_of(make_gif())) + end) == png);
    CHECK(outcome(file + blob(cut_off) + end) == cut_off);              // the service names the damage
    CHECK(outcome(file + blob("text") + end) == "multipart.malformed"); // its Content-Transfer-Encoding
    CHECK(outcome(blob("text") + blob(png) + end) == png);
}

TEST_CASE("the bytes of a format that is converted make a part the picture", "[http][multipart]") {
    const auto format = GENERATE(from_range(all_convertible_formats));
    const auto bytes = text_of(make_head_of(format));
    const auto form = part("Content-Disposition: form-data; filename=\"a\"\r\n\r\n", "A") +
                      part("Content-Disposition: form-data; name=\"x\"\r\n\r\n", bytes) + "--XX--\r\n";
    CHECK(outcome(form, "XX", {format}) == bytes);
    CHECK(outcome(form, "XX", ConvertibleFormats::all()) == bytes);
    CHECK(outcome(form) == "A");
}

TEST_CASE("the first part with a file name or an image type is the picture", "[http][multipart]") {
    const auto text = part("Content-Disposition: form-data; name=\"note\"\r\n\r\n", "hello");
    const auto end = std::string{"--XX--\r\n"};
    CHECK(outcome(text + part(picture_head, "A") + part(picture_head, "B") + end) == "A");
    CHECK(outcome(text + part("Content-Type: IMAGE/jpeg\r\n\r\n", "A") + end) == "A");
    CHECK(outcome(text + part("content-disposition: form-data; name=i; FileName=p.jpg\r\n\r\n", "A") + end) ==
          "A");
    CHECK(outcome(text + part("Content-Disposition: form-data; filename*=UTF-8''bl%C3%A5.png\r\n\r\n", "A") +
                  end) == "A");
    CHECK(outcome(part("Content-Disposition: form-data; name=\"a\\\"; filename=\\\"b\"\r\n\r\n", "trap") +
                  part(picture_head, "A") + end) == "A");
    CHECK(outcome(part("\r\n", "no header at all") + part(picture_head, "A") + end) == "A");
    CHECK(outcome(part("Content-Disposition: form-data; name=i;\r\n filename=p.png\r\n\r\n", "folded") +
                  end) == "folded");
    CHECK(outcome(part("X-Note: a\r\n\tb\r\nContent-Type: image/png\r\n\r\n", "A") + end) == "A");
}

TEST_CASE("a file that wasn't chosen in a browser's form is not the picture", "[http][multipart]") {
    const auto* const none = "Content-Disposition: form-data; name=\"a\"; filename=\"\"\r\n"
                             "Content-Type: application/octet-stream\r\n\r\n";
    CHECK(outcome(part(none, "") + part(picture_head, "A") + "--XX--\r\n") == "A");
    CHECK(outcome(part(none, "") + "--XX--\r\n") == "multipart.no_picture");
    CHECK(outcome(part(none, "bytes") + "--XX--\r\n") == "bytes");
}

TEST_CASE("an empty file is the picture, without bytes", "[http][multipart]") {
    CHECK(outcome(part(picture_head, "") + "--XX--\r\n").empty());
    // The empty line alone between header and boundary.
    CHECK(outcome("--XX\r\n" + std::string{picture_head} + "--XX--\r\n").empty());
}

TEST_CASE("preamble, epilogue and blanks after a boundary are tolerated", "[http][multipart]") {
    const auto inner = std::string{picture_head} + "A\r\n";
    CHECK(outcome("--XX\r\n" + inner + "--XX--") == "A");
    CHECK(outcome("--XX\r\n" + inner + "--XX-- \t") == "A");
    CHECK(outcome("--XX \t\r\n" + inner + "--XX--\r\n\r\n--XX\r\nnot a part") == "A");
    CHECK(outcome("a preamble\r\n--XX\r\n" + inner + "--XX--\r\nan epilogue") == "A");
    CHECK(outcome("\r\n--XX\r\n" + inner + "--XX--\r\n") == "A");
    CHECK(outcome("--XXY\r\n\r\nlookalike first\r\n--XX\r\n" + inner + "--XX--\r\n") == "A");
}

TEST_CASE("lines that only begin like a boundary belong to the picture", "[http][multipart]") {
    const std::string content =
        GENERATE(std::string{"\r\n--XXX\r\n"}, std::string{"\r\n--X\r\n"}, std::string{"\n--XX\r\n"},
                 std::string{"\r\n--XX-"}, std::string{"\r\n--XX-\r\n"}, std::string{"\r\n--XX--x"},
                 std::string{"\r\n--XX\n"}, std::string{"\r\n-- XX\r\n"}, std::string{"\r\r\n--X"},
                 std::string{"\r\n--xx\r\n"}, std::string{"\r\n"}, std::string("\0\r\n--X\0", 7),
                 std::string{"\r\n\r\n--"});
    CAPTURE(content);
    CHECK(outcome(part(picture_head, content) + "--XX--\r\n") == content);
}

TEST_CASE("a boundary may hold every character that RFC 2046 has", "[http][multipart]") {
    const std::string boundary = GENERATE(std::string{"'()+_,-./:=? a"}, std::string(70, '-'),
                                          std::string{"-"}, std::string{"--"}, std::string(70, '9'));
    CAPTURE(boundary);
    CHECK(outcome(part(picture_head, "A", boundary) + "--" + boundary + "--\r\n", boundary) == "A");
}

TEST_CASE("a form without a picture is refused", "[http][multipart]") {
    CHECK(outcome("--XX--\r\n") == "multipart.no_picture");
    CHECK(outcome(part("Content-Disposition: form-data; name=\"note\"\r\n\r\n", "hello") + "--XX--\r\n") ==
          "multipart.no_picture");
    CHECK(outcome(part("Content-Type: text/plain\r\n\r\n", "hello") + "--XX--\r\n") ==
          "multipart.no_picture");
    CHECK(outcome("") == "image.empty");
}

TEST_CASE("a boundary that is not valid is refused", "[http][multipart]") {
    const std::string boundary =
        GENERATE(std::string{}, std::string(71, 'x'), std::string{"x "}, std::string{"a\r\nb"},
                 std::string{"\x7F"}, std::string(1 << 20, 'x'));
    CHECK(outcome("--" + boundary + "--\r\n", boundary) == "multipart.no_boundary");
    CHECK(no_boundary_problem().status == 400);
}

TEST_CASE("a form that was cut off anywhere is refused", "[http][multipart]") {
    const auto whole = part("Content-Disposition: form-data; name=\"note\"\r\n\r\n", "hello") +
                       part(picture_head, "the bytes") + "--XX--";
    REQUIRE(outcome(whole) == "the bytes");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        const auto rule = outcome(whole.substr(0, length));
        CHECK((rule == "multipart.truncated" ||
               (length < 6 && rule == (length == 0 ? "image.empty" : "multipart.malformed"))));
    }
}

TEST_CASE("malformed forms are refused", "[http][multipart]") {
    const auto end = std::string{"--XX--\r\n"};
    CHECK(outcome("not a form at all") == "multipart.malformed");
    CHECK(outcome(part(picture_head, "A", "YY") + "--YY--\r\n") == "multipart.malformed");
    CHECK(outcome(part("no colon\r\n\r\n", "A") + end) == "multipart.malformed");
    CHECK(outcome(part(": no name\r\n\r\n", "A") + end) == "multipart.malformed");
    CHECK(outcome(part("Bad Name: x\r\n\r\n", "A") + end) == "multipart.malformed");
    CHECK(outcome(part(" folded: first\r\n\r\n", "A") + end) == "multipart.malformed");
    CHECK(outcome(part(std::string_view{"X: a\0b\r\n\r\n", 10}, "A") + end) == "multipart.malformed");
    CHECK(outcome(part("X: a\nb\r\n\r\n", "A") + end) == "multipart.malformed");
    CHECK(outcome(part("Content-Disposition: form-data; filename=\"open\r\n\r\n", "A") + end) ==
          "multipart.malformed");
    CHECK(outcome(part("Content-Disposition: form-data; filename=\r\n\r\n", "A") + end) ==
          "multipart.malformed");
    CHECK(outcome("--XX\r\nX: y\r\n--XX\r\n" + std::string{picture_head} + "A\r\n" + end) ==
          "multipart.malformed");
}

TEST_CASE("a picture's part must not be encoded for transfer", "[http][multipart]") {
    const auto encoded = [](std::string_view encoding) {
        return part("Content-Transfer-Encoding: " + std::string{encoding} + "\r\n" +
                        std::string{picture_head},
                    "A") +
               "--XX--\r\n";
    };
    CHECK(outcome(encoded("binary")) == "A");
    CHECK(outcome(encoded("8BIT")) == "A");
    CHECK(outcome(encoded("base64")) == "multipart.malformed");
    CHECK(outcome(encoded("quoted-printable")) == "multipart.malformed");
}

TEST_CASE("a form has at most 16 parts", "[http][multipart]") {
    const auto with_parts = [](std::size_t others) {
        std::string body;
        for (std::size_t index = 0; index < others; ++index)
            body += part("Content-Disposition: form-data; name=\"n\"\r\n\r\n", "v");
        return body + part(picture_head, "A") + "--XX--\r\n";
    };
    CHECK(outcome(with_parts(max_multipart_parts - 1)) == "A");
    CHECK(outcome(with_parts(max_multipart_parts)) == "multipart.too_many_parts");
    CHECK(outcome(with_parts(1000)) == "multipart.too_many_parts");
    CHECK(parse(with_parts(1000)).error().limit == max_multipart_parts);
    // Also when the picture came first.
    CHECK(outcome(part(picture_head, "A") + with_parts(1000)) == "multipart.too_many_parts");
}

TEST_CASE("a part's header has at most 8 KiB", "[http][multipart]") {
    const auto with_header = [](std::size_t bytes) {
        std::string head = "Content-Type: image/png\r\nX: ";
        head += std::string(bytes - head.size(), 'x');
        return part(head + "\r\n\r\n", "A") + "--XX--\r\n";
    };
    CHECK(outcome(with_header(max_part_header_bytes)) == "A");
    CHECK(outcome(with_header(max_part_header_bytes + 1)) == "multipart.header_too_large");
    CHECK(outcome(with_header(1 << 20)) == "multipart.header_too_large");
    CHECK(parse(with_header(1 << 20)).error().limit == max_part_header_bytes);
}

TEST_CASE("ten megabytes of boundary lookalikes are read to their end", "[http][multipart]") {
    const std::string boundary =
        GENERATE(std::string(70, '-'), std::string(69, '-') + "x", std::string{"XX"});
    const std::string pattern = GENERATE(
        std::string{"\r\n--"}, std::string{"\r"}, std::string{"-"}, "\r\n--" + std::string(69, '-'),
        "\r\n--" + std::string(70, '-') + "y", std::string{"\r\n--XX--x"}, std::string{"\r\n--XX y"});
    std::string content;
    content.reserve((10U << 20U) + pattern.size());
    while (content.size() < (10U << 20U))
        content += pattern;
    content += '.';
    CAPTURE(boundary, pattern);
    const auto size = content.size();
    const auto picture = parse(part(picture_head, content, boundary) + "--" + boundary + "--\r\n", boundary);
    REQUIRE(picture.has_value());
    CHECK(picture->size() == size);
}

} // namespace multipart_test
