#include "http/agents/rendering_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <future>
#include <set>
#include <string>

namespace endpoint_renditions_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

void check_picture(const http::Response& response, ImageFormat format, std::uint32_t width,
                   std::uint32_t height) {
    REQUIRE(response.status == 200);
    CHECK(field(response, "Content-Type") == media_type(format));
    CHECK(field(response, "X-Image-Width") == std::to_string(width));
    CHECK(field(response, "X-Image-Height") == std::to_string(height));
    CHECK(field(response, "Vary") == "Accept");
    CHECK(field(response, "X-Content-Type-Options") == "nosniff");
    const auto header = RenderingFixture::header_of(response.body_text());
    CHECK(header.format == format);
    CHECK(header.width == width);
    CHECK(header.height == height);
}

} // namespace

TEST_CASE("w and h are a box that the picture fits inside, never enlarged", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    check_picture(fixture.get("?w=10"), ImageFormat::png, 10, 5);
    check_picture(fixture.get("?h=10"), ImageFormat::png, 20, 10);
    check_picture(fixture.get("?w=10&h=10"), ImageFormat::png, 10, 5);
    check_picture(fixture.get("?W=30&H=5"), ImageFormat::png, 10, 5);
    check_picture(fixture.get("?w=4096"), ImageFormat::png, 40, 20);
}

TEST_CASE("type converts, whatever is stored", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    const auto stored = GENERATE(0, 1, 2, 3);
    const std::vector<std::vector<std::byte>> pictures{make_png(16, 8), make_jpeg(16, 8), make_gif(16, 8),
                                                       make_tiff(16, 8)};
    fixture.put(1, pictures[static_cast<std::size_t>(stored)]);
    check_picture(fixture.get("?type=jpeg"), ImageFormat::jpeg, 16, 8);
    check_picture(fixture.get("?type=PNG&w=8"), ImageFormat::png, 8, 4);
    check_picture(fixture.get("?type=Gif"), ImageFormat::gif, 16, 8);
}

TEST_CASE("an Accept that excludes the stored type gets one that it prefers", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(4, 4));
    const auto type_for = [&](const std::string& accept) {
        const auto response = fixture.get("", {{"Accept", accept}});
        CHECK(response.status == 200);
        return field(response, "Content-Type");
    };
    CHECK(type_for("image/png") == "image/png");
    CHECK(type_for("image/*") == "image/png");
    CHECK(type_for("*/*") == "image/png");
    CHECK(type_for("image/jpeg") == "image/jpeg");
    CHECK(type_for("image/gif;q=0.5, image/jpeg;q=0.4") == "image/gif");
    CHECK(type_for("image/tiff, image/png;q=0") == "image/tiff");
    CHECK(type_for("image/png;q=0, image/*") == "image/jpeg");
    CHECK(type_for("image/jpeg, image/png;q=0.1") ==
          "image/png"); // preferred, but the stored is not excluded
    CHECK(type_for("application/json") == "image/png");
    CHECK(type_for("image/webp") == "image/png");
    const auto asked = fixture.get("?type=gif", {{"Accept", "image/jpeg"}});
    CHECK(field(asked, "Content-Type") == "image/gif"); // the parameter wins over Accept
}

TEST_CASE("each rendition has a tag of its own that a save changes", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    const auto whole = field(fixture.get(""), "ETag");
    const auto small = field(fixture.get("?w=10"), "ETag");
    CHECK(whole != small);
    CHECK(small != field(fixture.get("?w=11"), "ETag"));
    CHECK(small != field(fixture.get("?w=10&type=jpeg"), "ETag"));
    CHECK(small == field(fixture.get("?w=10&type=png"), "ETag")); // the same bytes
    for (const bool warm : {false, true}) {
        CAPTURE(warm);
        const auto again = fixture.get("?w=10", {{"If-None-Match", small}});
        CHECK(again.status == 304);
        CHECK(again.body_text().empty());
        CHECK(field(again, "ETag") == small);
    }
    CHECK(fixture.get("?w=10", {{"If-None-Match", whole}}).status == 200);
    CHECK(fixture.get("?w=10", {{"If-Match", whole}}).status == 200); // the same version
    fixture.put(1, make_png(40, 20, 7));
    CHECK(fixture.get("?w=10", {{"If-None-Match", small}}).status == 200);
    CHECK(fixture.get("?w=10", {{"If-Match", small}}).status == 412);
    // A writer may name the version by the tag of any rendition.
    const auto present = field(fixture.get("?w=10"), "ETag");
    CHECK(fixture.send({"DELETE", "/api/v1/Person/1/Image", {{"If-Match", small}}, {}}).status == 412);
    CHECK(fixture.send({"DELETE", "/api/v1/Person/1/Image", {{"If-Match", present}}, {}}).status == 204);
}

TEST_CASE("a condition that decides renders nothing", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    const auto tag = field(fixture.get("?w=10"), "ETag");
    const auto rendered = fixture.pool->statistics().rendered;
    const RenderingFixture other; // nothing in its memory
    other.put(1, make_png(40, 20));
    auto tag_of_other = field(other.get(""), "ETag"); // of another epoch
    tag_of_other.replace(tag_of_other.size() - 1, 1, tag.substr(tag.find('-')));
    CHECK(other.get("?w=10", {{"If-None-Match", tag_of_other}}).status == 304);
    CHECK(other.pool->statistics().rendered == 0);
    CHECK(fixture.pool->statistics().rendered == rendered);
}

TEST_CASE("a rendition is made once and answered from memory then, in the first step",
          "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    const auto cold = fixture.get("?w=10");
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/Image?w=10"};
    head.fields.push_back({"Authorization", basic});
    std::optional<http::BeginOutcome> outcome;
    fixture.endpoint->begin(head, [&](http::BeginOutcome result) { outcome = std::move(result); });
    REQUIRE(outcome.has_value());
    REQUIRE(std::holds_alternative<http::Response>(*outcome));
    const auto& warm = std::get<http::Response>(*outcome);
    CHECK(warm.body_text().data() == cold.body_text().data());
    CHECK(fixture.pool->statistics().rendered == 1);
}

TEST_CASE("a range of a rendition is 206", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    const auto whole = std::string{fixture.get("?w=10").body_text()};
    const auto part = fixture.get("?w=10", {{"Range", "bytes=4-9"}});
    CHECK(part.status == 206);
    CHECK(part.body_text() == whole.substr(4, 6));
}

TEST_CASE("HEAD of a rendition has the GET's fields and length", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    const auto got = fixture.get("?w=10&type=jpeg");
    const auto head = fixture.send({"HEAD", "/api/v1/Person/1/Image?w=10&type=jpeg", {}, {}});
    CHECK(head.status == 200);
    CHECK(head.body_text().empty());
    CHECK(head.length() == got.length());
    CHECK(*head.find("ETag") == field(got, "ETag"));
}

TEST_CASE("crop fills the box of w and h, and has an ETag of its own", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(400, 200));
    check_picture(fixture.get("?w=100&h=100"), ImageFormat::png, 100, 50);
    std::set<std::string> tags{field(fixture.get("?w=100&h=100"), "ETag")};
    for (const auto* const crop : {"centre", "attention"}) {
        const auto query = std::string{"?w=100&h=100&crop="} + crop;
        const auto cropped = fixture.get(query);
        check_picture(cropped, ImageFormat::png, 100, 100);
        CHECK(tags.insert(field(cropped, "ETag")).second);
        CHECK(fixture.get(query, {{"If-None-Match", field(cropped, "ETag")}}).status == 304);
        check_picture(fixture.get(std::string{"?w=1000&h=4000&Crop="} + crop), ImageFormat::png, 50, 200);
    }
    for (const auto* const query : {"?w=100&crop=centre", "?h=100&crop=centre", "?crop=attention"}) {
        const auto refused = fixture.get(query);
        CHECK(refused.status == 400);
        CHECK_THAT(std::string{refused.body_text()}, Catch::Matchers::Contains("crop needs both w and h"));
    }
    const auto unknown = fixture.get("?w=1&h=1&crop=entropy");
    CHECK(unknown.status == 400);
    CHECK_THAT(std::string{unknown.body_text()},
               Catch::Matchers::Contains("centre and attention are accepted"));
}

TEST_CASE("ifBlank selects the picture that replaces a missing one", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    const auto kind =
        GENERATE(as<std::string>{}, "Default", "srnophoto", "SrNoPhotoWithBorder", "GenericFileIcon");
    CHECK(fixture.get("").status == 404);
    CHECK(fixture.get("?ifBlank=Null").status == 404);
    check_picture(fixture.get("?ifBlank=" + kind), ImageFormat::png, 128, 128);
    check_picture(fixture.get("?ifBlank=" + kind + "&w=40"), ImageFormat::png, 40, 40);
    check_picture(fixture.get("?ifBlank=" + kind + "&w=40&h=20&type=jpeg"), ImageFormat::jpeg, 20, 20);
    check_picture(fixture.get("?ifBlank=" + kind, {{"Accept", "image/gif"}}), ImageFormat::gif, 128, 128);
    const auto tag = field(fixture.get("?ifBlank=" + kind), "ETag");
    CHECK(fixture.get("?ifBlank=" + kind, {{"If-None-Match", tag}}).status == 304);
    CHECK(fixture.get("?ifBlank=" + kind + "&w=40", {{"If-None-Match", tag}}).status == 200);
    fixture.put(1, make_png(3, 2));
    check_picture(fixture.get("?ifBlank=" + kind, {{"If-None-Match", tag}}), ImageFormat::png, 3, 2);
    const auto unknown = fixture.send({"GET", "/api/v1/Person/999/Image?ifBlank=" + kind, {}, {}});
    check_picture(unknown, ImageFormat::png, 128, 128);
}

TEST_CASE("a placeholder is drawn once and answered from memory then", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    const auto first = fixture.get("?ifBlank=Default&w=90&type=jpeg");
    CHECK(fixture.pool->statistics().rendered == 1);
    const auto again = fixture.get("?ifBlank=Default&w=90&type=jpeg");
    CHECK(again.body_text().data() == first.body_text().data());
    CHECK(fixture.get("?ifBlank=Default&w=90", {{"Accept", "image/jpeg"}}).body_text().data() ==
          first.body_text().data());
    CHECK(fixture.pool->statistics().rendered == 1);
}

TEST_CASE("a placeholder that the client has is not drawn", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    const auto tag = field(fixture.get("?ifBlank=Default&w=4096&h=4096"), "ETag");
    const RenderingFixture other; // nothing in its memory
    const auto known = other.get("?ifBlank=Default&w=4096&h=4096", {{"If-None-Match", tag}});
    CHECK(known.status == 304);
    CHECK(field(known, "ETag") == tag);
    CHECK(field(known, "Vary") == "Accept");
    CHECK(other.pool->statistics().rendered == 0);
}

TEST_CASE("ClearPixel is one transparent pixel whatever the size", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    check_picture(fixture.get("?ifBlank=ClearPixel"), ImageFormat::png, 1, 1);
    check_picture(fixture.get("?ifBlank=ClearPixel&w=100"), ImageFormat::png, 1, 1);
}

TEST_CASE("a picture that can't be rendered is 422 and stays to be had as it is", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png_claiming(9'990, 9'990));
    const auto refused = fixture.get("?w=10");
    CHECK(refused.status == 422);
    const auto problem = AgentsFixture::object_of(refused);
    CHECK(problem.at("Rule") == "rendition.too_costly");
    CHECK(problem.contains("Observed"));
    CHECK(problem.contains("Limit"));
    CHECK(fixture.get("").status == 200);
}

TEST_CASE("a full queue of renderings is 503 with the time to come again, and stored pictures are served",
          "[endpoint][rendition]") {
    std::promise<void> running; // outlive the pool, whose thread they hold
    std::promise<void> let_go;
    const RenderingFixture fixture{imaging::RenderPoolOptions{.threads = 1, .queue_limit = 0}};
    fixture.put(1, make_png(40, 20));
    const auto picture = ImageBytes{make_png(4, 4)};
    fixture.pool->submit({picture, probe(picture).value(), {2, 2, {}, Fit::inside}, {}},
                         [&, released = let_go.get_future().share()](const result<RenderedImage>&) {
                             running.set_value();
                             released.wait();
                         });
    running.get_future().wait();
    for (const char* const query : {"?w=10", "?type=gif"}) {
        const auto refused = fixture.get(query);
        CHECK(refused.status == 503);
        REQUIRE(refused.find("Retry-After") != nullptr);
        CHECK(std::stoi(field(refused, "Retry-After")) >= 1);
    }
    CHECK(fixture.get("").status == 200);
    let_go.set_value();
}

TEST_CASE("nothing is rendered for a client that is gone", "[endpoint][rendition]") {
    const RenderingFixture fixture;
    fixture.put(1, make_png(40, 20));
    std::stop_source gone;
    gone.request_stop();
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/Image?w=10"};
    head.fields.push_back({"Authorization", basic});
    head.stop = gone.get_token();
    CHECK(fixture.endpoint->handle(head).status == 503);
    CHECK(fixture.get("?w=10").status == 200);
}

} // namespace endpoint_renditions_test
