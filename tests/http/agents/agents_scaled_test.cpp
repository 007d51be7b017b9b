#include "rendering_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/testing/failing_image_store.hpp>

namespace agents_scaled_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

boost::json::array images_of(const http::Response& response) {
    REQUIRE(response.status == 200);
    return boost::json::parse(std::string{response.body_text()}).as_array();
}

/// The header of a picture in base64, decoded by the tests' own code.
ImageHeader decoded_header(const boost::json::value& base64) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : std::string_view{base64.as_string()}) {
        const auto value = letters.find(letter);
        if (value == std::string_view::npos)
            break;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        if ((count += 6) >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
        }
    }
    return RenderingFixture::header_of(bytes);
}

} // namespace

TEST_CASE("GetPersonImages has one PNG for each id, in the order asked", "[endpoint][agents][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_jpeg(32, 16));
    fixture.put(2, make_tiff(8, 8));
    const auto images = images_of(fixture.call(
        "Person/GetPersonImages", R"({"PersonIds":[2,3,1,999,0,-5,2],"ScaledWidth":4,"ScaledHeight":0})"));
    const std::vector<int> order{2, 3, 1, 999, 0, 0, 2};
    REQUIRE(images.size() == order.size());
    for (std::size_t index = 0; index < order.size(); ++index) {
        CHECK(images[index].at("PersonId") == order[index]);
        const bool there = order[index] == 1 || order[index] == 2;
        CHECK(images[index].at("ImageData").as_string().empty() != there);
    }
    CHECK(decoded_header(images[0].at("ImageData")).width == 4);
    CHECK(decoded_header(images[0].at("ImageData")).height == 4);
    CHECK(decoded_header(images[2].at("ImageData")).format == ImageFormat::png);
    CHECK(decoded_header(images[2].at("ImageData")).width == 4);
    CHECK(decoded_header(images[2].at("ImageData")).height == 2);
    CHECK(fixture.pool->statistics().rendered == 2); // the second person's once
}

TEST_CASE("GetPersonImages has the same content in XML, and $select limits it",
          "[endpoint][agents][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(4, 4));
    const auto images = images_of(fixture.call("Person/GetPersonImages", R"({"PersonIds":[1,2]})"));
    const auto base64 = std::string{images[0].at("ImageData").as_string()};
    const auto xml =
        fixture.call_xml("Person/GetPersonImages", "<r><PersonIds><int>1</int><int>2</int></PersonIds></r>");
    CHECK(*xml.find("Content-Type") == "application/xml; charset=utf-8");
    CHECK(xml.body_text() == "<ArrayOfPersonImage><PersonImage><PersonId>1</PersonId><ImageData>" + base64 +
                                 "</ImageData></PersonImage><PersonImage><PersonId>2</PersonId><ImageData/>"
                                 "</PersonImage></ArrayOfPersonImage>");
    CHECK(fixture.call("Person/GetPersonImages?$select=personid", R"({"PersonIds":[1,2]})").body_text() ==
          R"([{"PersonId":1,"ImageData":null},{"PersonId":2,"ImageData":null}])");
    CHECK(
        fixture
            .call("Person/GetPersonImages?$select=personid", R"({"PersonIds":[2]})", {{"Accept", "text/xml"}})
            .body_text() == R"(<ArrayOfPersonImage xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)"
                            R"(<PersonImage><PersonId>2</PersonId><ImageData xsi:nil="true"/></PersonImage>)"
                            "</ArrayOfPersonImage>");
    CHECK(fixture.call("Person/GetPersonImages", R"({"PersonIds":[]})").body_text() == "[]");
    CHECK(fixture.call_xml("Person/GetPersonImages", "<r><PersonIds/></r>").body_text() ==
          "<ArrayOfPersonImage></ArrayOfPersonImage>");
}

TEST_CASE("GetPersonImages asks the store once for all rows", "[endpoint][agents][rendition]") {
    const RenderingFixture fixture;
    auto counting = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    auto service = std::make_shared<PersonImageService>(counting, fixture.directory);
    auto executor = std::make_shared<http::InlineExecutor>();
    http::EndpointOptions options;
    options.renditions = std::make_shared<RenditionService>(service, fixture.pool);
    http::Endpoint endpoint{service, std::make_shared<FixedAuthenticator>(), executor, executor, options};
    std::string ids = "1";
    for (int id = 2; id <= 1000; ++id)
        ids += "," + std::to_string(id);
    const auto body = R"({"PersonIds":[)" + ids + "]}";
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "POST", .target = "/api/v1/Agents/Person/GetPersonImages"};
    head.fields.push_back({"Authorization", basic});
    head.fields.push_back({"Content-Type", "application/json"});
    head.content_length = body.size();
    const auto answered = endpoint.handle(head, ImageBytes{body});
    CHECK(images_of(answered).size() == 1000);
    CHECK(counting->calls() == 1);
}

TEST_CASE("GetPersonImages leaves out and logs pictures that can't be rendered",
          "[endpoint][agents][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(4, 4));
    fixture.put(2, make_png_claiming(9'990, 9'990));
    const auto images = images_of(fixture.call("Person/GetPersonImages", R"({"PersonIds":[1,2,1]})"));
    CHECK(images[1].at("ImageData") == "");
    CHECK(images[0].at("ImageData") == images[2].at("ImageData"));
    const auto events = fixture.log->events();
    CHECK(std::any_of(events.begin(), events.end(), [](const auto& event) {
        return event.find("person 2: rendition.too_costly") != std::string::npos;
    }));
}

TEST_CASE("GetPersonImageWithSize scales in each form", "[endpoint][agents][rendition]") {
    const RenderingFixture fixture;
    CHECK(fixture.call("BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":4})").body_text().empty());
    CHECK(fixture.call_accepting("BLOB/GetPersonImageWithSize", R"({"PersonId":1})", "application/json")
              .body_text() == "\"\"");
    const auto jpeg = make_jpeg(32, 16);
    fixture.put(1, jpeg);
    const auto raw = fixture.call("BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":8,"Height":-1})");
    CHECK(*raw.find("Content-Type") == "application/octet-stream");
    const auto header = RenderingFixture::header_of(raw.body_text());
    CHECK(header.format == ImageFormat::jpeg);
    CHECK(header.width == 8);
    CHECK(header.height == 4);
    const auto picture =
        fixture.call_accepting("BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":8})", "image/*");
    CHECK(*picture.find("Content-Type") == "image/jpeg");
    CHECK(picture.body_text() == raw.body_text());
    const auto base64 = fixture.call_accepting("BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":8})",
                                               "application/json");
    CHECK(base64.body_text() == '"' + base64_of(raw.body_text()) + '"');
    const auto unscaled = fixture.call("BLOB/GetPersonImageWithSize", R"({"PersonId":1})");
    CHECK(unscaled.body_text() == text_of(jpeg));
    CHECK(fixture.call("BLOB/GetPersonImageWithSize", R"({"PersonId":999,"Width":8})").status == 404);
    const auto too_large = fixture.call("BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Height":4097})");
    CHECK(too_large.status == 400);
    CHECK(AgentsFixture::message_of(too_large).find("Height is 4097; at most 4096") != std::string::npos);
}

} // namespace agents_scaled_test
