#include "http/agents/agents_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <chrono>
#include <memory>
#include <string>

/// ETag and Last-Modified never name two states of a picture.
namespace validators_test {

using namespace portrait;
using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

const std::string path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

// The manual clock begins at 22:13:20.
const std::string first_second = "Tue, 14 Nov 2023 22:13:20 GMT";
const std::string next_second = "Tue, 14 Nov 2023 22:13:21 GMT";

http::Response put(const AgentsFixture& fixture, std::uint32_t seed, RawFields fields = {}) {
    fields.emplace_back("Content-Type", "image/png");
    return fixture.send({"PUT", path, std::move(fields), text_of(make_png(5, 5, seed))});
}

http::Response get(const AgentsFixture& fixture, RawFields fields = {}) {
    return fixture.send({"GET", path, std::move(fields), {}});
}

} // namespace

TEST_CASE("a tag of a lost timeline names no picture", "[endpoint][validators]") {
    // Two stores whose ids and versions are equal: one lost its last picture, as by a restoration.
    const AgentsFixture lost;
    const AgentsFixture restored;
    const auto tag = field(put(lost, 1), "ETag");
    const auto present = field(put(restored, 2), "ETag");
    REQUIRE(lost.store->info(PersonId::from(1).value()).value().version() ==
            restored.store->info(PersonId::from(1).value()).value().version());
    CHECK(tag != present);
    CHECK(get(restored, {{"If-None-Match", tag}}).body_text() == text_of(make_png(5, 5, 2)));
    CHECK(get(restored, {{"Range", "bytes=0-3"}, {"If-Range", tag}}).status == 200);
    CHECK(get(restored, {{"If-Match", tag}}).status == 412);
    const auto refused = put(restored, 3, {{"If-Match", tag}});
    CHECK(refused.status == 412);
    CHECK(field(refused, "ETag") == present);
    CHECK(get(restored).body_text() == text_of(make_png(5, 5, 2)));
    CHECK(get(restored, {{"If-None-Match", present}}).status == 304);
}

TEST_CASE("a replacement within a second is noticed by date", "[endpoint][validators]") {
    const AgentsFixture fixture;
    REQUIRE(put(fixture, 1).status == 200);
    const auto early = get(fixture);
    CHECK(early.find("Last-Modified") == nullptr);
    fixture.clock->advance(500ms);
    REQUIRE(put(fixture, 2).status == 200);
    fixture.clock->advance(10s);
    CHECK(field(get(fixture), "Last-Modified") == next_second);
    CHECK(get(fixture, {{"If-Modified-Since", first_second}}).status == 200);
    CHECK(get(fixture, {{"If-Modified-Since", next_second}}).status == 304);
    CHECK(get(fixture, {{"Range", "bytes=0-3"}, {"If-Range", first_second}}).status == 200);
    CHECK(get(fixture, {{"Range", "bytes=0-3"}, {"If-Range", next_second}}).status == 206);
    CHECK(put(fixture, 3, {{"If-Unmodified-Since", first_second}}).status == 412);
    CHECK(put(fixture, 3, {{"If-Unmodified-Since", next_second}}).status == 200);
}

TEST_CASE("a date that was sent is never that of another picture, also when the clock is set back",
          "[endpoint][validators]") {
    const AgentsFixture fixture;
    REQUIRE(put(fixture, 1).status == 200);
    fixture.clock->advance(10s);
    REQUIRE(field(get(fixture), "Last-Modified") == first_second);
    const bool removes = GENERATE(false, true);
    if (removes)
        REQUIRE(fixture.send({"DELETE", path}).status == 204);
    fixture.clock->advance(-10s);
    REQUIRE(put(fixture, 2).status == 200);
    CHECK(get(fixture, {{"If-Modified-Since", first_second}}).status == 200);
    fixture.clock->advance(10s);
    CHECK(field(get(fixture), "Last-Modified") == next_second);
    CHECK(get(fixture, {{"If-Modified-Since", first_second}}).status == 200);
    CHECK(put(fixture, 3, {{"If-Unmodified-Since", first_second}}).status == 412);
}

TEST_CASE("a date is no condition while its second is not over", "[endpoint][validators]") {
    const AgentsFixture fixture;
    REQUIRE(put(fixture, 1).status == 200);
    fixture.clock->advance(999ms);
    CHECK(get(fixture, {{"If-Modified-Since", first_second}}).status == 200);
    CHECK(get(fixture, {{"If-Unmodified-Since", first_second}}).status == 412);
    CHECK(put(fixture, 2, {{"If-Unmodified-Since", first_second}}).status == 412);
    const auto info = fixture.send({"GET", info_path, {{"If-Modified-Since", first_second}}, {}});
    CHECK(info.status == 200);
    CHECK(info.find("Last-Modified") == nullptr);
    fixture.clock->advance(1ms);
    CHECK(get(fixture, {{"If-Modified-Since", first_second}}).status == 304);
    CHECK(put(fixture, 2, {{"If-Unmodified-Since", first_second}}).status == 200);
}

TEST_CASE("an answer to a write has ETag only where the body was stored as it came",
          "[endpoint][validators]") {
    const AgentsFixture fixture;
    const auto current = [&] { return field(get(fixture), "ETag"); };
    const auto check_tag = [&](const http::Response& response, std::string_view name) {
        CHECK(response.status < 300);
        CHECK(field(response, name) == current());
        CHECK(response.find(name == "ETag" ? "X-Image-ETag" : "ETag") == nullptr);
        CHECK(response.find("Last-Modified") == nullptr);
    };
    check_tag(put(fixture, 1), "ETag");
    check_tag(fixture.send({"POST", path, {{"Content-Type", "image/png"}}, text_of(make_png())}),
              "X-Image-ETag");
    check_tag(
        fixture.send({"PUT",
                      path,
                      {{"Content-Type", "multipart/form-data; boundary=b"}},
                      "--b\r\nContent-Type: image/png\r\n\r\n" + text_of(make_png()) + "\r\n--b--\r\n"}),
        "X-Image-ETag");
    check_tag(fixture.call("Person/SetPersonImage",
                           R"({"PersonId":1,"Image":")" + base64_of(text_of(make_gif())) + "\"}"),
              "X-Image-ETag");
    for (const std::string method : {"PUT", "PATCH"})
        check_tag(fixture.send(
                      {method, info_path, {{"Content-Type", "application/json"}}, R"({"Description":"x"})"}),
                  "X-Image-ETag");
    const auto saved = fixture.call("BLOB/SaveBlobEntity", R"({"BlobId":1,"Description":"y"})");
    CHECK(saved.find("X-Image-ETag") != nullptr);
    CHECK(saved.find("ETag") == nullptr);
}

TEST_CASE("a scrubbed picture has X-Image-ETag unless nothing was removed", "[endpoint][validators]") {
    const AgentsFixture fixture;
    fixture.directory->add(PersonId::from(1).value());
    const auto service = std::make_shared<PersonImageService>(fixture.store, fixture.directory, Limits{},
                                                              fixture.clock, MetadataPolicy::scrub);
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{service, std::make_shared<FixedAuthenticator>(), executor, executor};
    const auto basic = basic_authorization("tje0", "Tje0");
    const auto saved = [&](const std::string& picture) {
        http::RequestHead head{.method = "PUT", .target = path};
        head.fields.push_back({"Authorization", basic});
        head.fields.push_back({"Content-Type", "image/png"});
        head.content_length = picture.size();
        return endpoint.handle(head, ImageBytes{picture});
    };
    const auto clean = text_of(make_png());
    CHECK(saved(clean).find("ETag") != nullptr);
    const auto with_trailer = saved(clean + "trailing");
    CHECK(with_trailer.status == 200);
    CHECK(with_trailer.find("ETag") == nullptr);
    CHECK(with_trailer.find("X-Image-ETag") != nullptr);
}

TEST_CASE("HEAD ignores Range", "[endpoint][validators]") {
    const AgentsFixture fixture;
    REQUIRE(put(fixture, 1).status == 200);
    for (const std::string range : {"bytes=2-5", "bytes=100000-"}) {
        const auto response = fixture.send({"HEAD", path, {{"Range", range}}, {}});
        CHECK(response.status == 200);
        CHECK(response.find("Content-Range") == nullptr);
        CHECK(response.length() == text_of(make_png(5, 5, 1)).size());
    }
}

} // namespace validators_test
