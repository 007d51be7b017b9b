#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <portrait/forwarding_image_store.hpp>

#include <boost/json/parse.hpp>

namespace endpoint_conditional_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

const std::string path = "/api/v1/Person/1/Image";

Request put(std::uint32_t seed, RawFields fields = {}) {
    fields.emplace_back("Content-Type", "image/png");
    return {
        .method = "PUT", .target = path, .fields = std::move(fields), .body = text_of(make_png(5, 5, seed))};
}

/// A store that has an ImageInfo in memory and can read nothing else.
class StoreWithoutBytes final : public ForwardingImageStore {
public:
    StoreWithoutBytes(std::shared_ptr<ImageStore> store, ImageInfo known)
        : ForwardingImageStore{std::move(store)}
        , known_{std::move(known)} {}

    std::optional<ImageInfo> cached_info(PersonId) const override { return known_; }
    std::optional<StoredImage> cached_image(PersonId) const override {
        ++lookups;
        return std::nullopt;
    }
    result<StoredImage> image(ImageKey) const override { return Error{errc::store_io}; }
    result<ImageInfo> info(ImageKey) const override { return Error{errc::store_io}; }

    mutable int lookups = 0; ///< calls of `cached_image`

private:
    ImageInfo known_;
};

std::string etag(const http::Response& response) {
    return field(response, "ETag");
}

} // namespace

TEST_CASE("a picture that hasn't changed is 304 without a body", "[endpoint][conditional]") {
    const EndpointFixture fixture;
    const auto tag = etag(fixture.send(put(1)));
    REQUIRE_FALSE(tag.empty());
    fixture.clock->advance(std::chrono::seconds{1}); // the second of the change is over
    CHECK(etag(fixture.send({})) == tag);
    const auto response = fixture.send({"GET", path, {{"If-None-Match", tag}}, {}});
    CHECK(response.status == 304);
    CHECK(response.body_text().empty());
    CHECK(response.length() == std::nullopt);
    CHECK(etag(response) == tag);
    CHECK(response.find("Last-Modified") != nullptr);
    CHECK(response.find("Cache-Control") != nullptr);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", "\"x\", W/" + tag}}, {}}).status == 304);
    CHECK(fixture.send({"GET", path, {{"If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"}}, {}}).status ==
          304);
    CHECK(fixture.send({"GET", path, {{"If-Modified-Since", "Tue, 14 Nov 2023 22:13:19 GMT"}}, {}}).status ==
          200);
    CHECK(fixture.send({"GET", path, {{"If-Modified-Since", "yesterday"}}, {}}).status == 200);

    REQUIRE(fixture.send(put(2)).status == 200);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", tag}}, {}}).status == 200);
    // The first picture stored again is a new version, although its bytes are equal.
    REQUIRE(fixture.send(put(1)).status == 200);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", tag}}, {}}).status == 200);
}

TEST_CASE("a picture that hasn't changed is 304 without its bytes being read", "[endpoint][conditional]") {
    const EndpointFixture full;
    const auto tag = etag(full.send(put(1)));
    const auto known = full.store->info(PersonId::from(1).value());
    REQUIRE(known.has_value());
    const EndpointFixture fixture{{}, {}, std::make_shared<StoreWithoutBytes>(full.store, *known)};
    fixture.clock->advance(std::chrono::seconds{1});
    CHECK(fixture.send({"GET", path, {{"If-None-Match", tag}}, {}}).status == 304);
    CHECK(fixture.send({"HEAD", path, {{"If-None-Match", tag}}, {}}).status == 304);
    CHECK(fixture.send({"GET", path, {{"If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"}}, {}}).status ==
          304);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", tag}, {"If-Match", "\"x\""}}, {}}).status == 412);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", "\"x\""}}, {}}).status == 500);
    CHECK(fixture.send({"GET", path, {}, {}}).status == 500);
}

TEST_CASE("a picture is looked up in memory once for a request", "[endpoint][conditional]") {
    const EndpointFixture full;
    REQUIRE(full.send(put(1)).status == 200);
    const auto known = full.store->info(PersonId::from(1).value());
    REQUIRE(known.has_value());
    const auto store = std::make_shared<StoreWithoutBytes>(full.store, *known);
    const EndpointFixture fixture{{}, {}, store};
    CHECK(fixture.send({"GET", path, {}, {}}).status == 500);
    CHECK(store->lookups == 1);
    CHECK(fixture.send({"GET", path, {{"If-None-Match", "\"x\""}}, {}}).status == 500);
    CHECK(store->lookups == 2);
}

TEST_CASE("ImageInfo has a tag of its own that changes with every save", "[endpoint][conditional]") {
    const EndpointFixture fixture;
    const auto image_tag = etag(fixture.send(put(1)));
    const Request info{"GET", "/api/v1/Person/1/ImageInfo", {}, {}};
    const auto tag = etag(fixture.send(info));
    CHECK(tag != image_tag);
    auto conditional = info;
    conditional.fields.emplace_back("If-None-Match", tag);
    CHECK(fixture.send(conditional).status == 304);
    REQUIRE(fixture.send(put(1)).status == 200);
    CHECK(fixture.send(conditional).status == 200);
}

TEST_CASE("a write demands the version in its If-Match", "[endpoint][conditional]") {
    const EndpointFixture fixture;
    const auto first = etag(fixture.send(put(1, {{"If-None-Match", "*"}})));
    REQUIRE_FALSE(first.empty());
    CHECK(fixture.send(put(2, {{"If-None-Match", "*"}})).status == 412);
    const auto second = etag(fixture.send(put(2, {{"If-Match", first}})));
    REQUIRE_FALSE(second.empty());

    const auto refused = fixture.send(put(3, {{"If-Match", first}}));
    CHECK(refused.status == 412);
    CHECK(etag(refused) == second);
    const auto error = boost::json::parse(std::string{refused.body_text()}).as_object();
    CHECK(error.at("ErrorType") == "SoConcurrencyException");
    CHECK(error.at("Rule") == "precondition.failed");
    CHECK(fixture.send({}).body_text() == text_of(make_png(5, 5, 2)));

    CHECK(fixture.send({"DELETE", path, {{"If-Match", first}}, {}}).status == 412);
    CHECK(fixture.send({"DELETE", path, {{"If-Match", second}}, {}}).status == 204);
    CHECK(fixture.send({"DELETE", path, {{"If-Match", "*"}}, {}}).status == 412);
}

TEST_CASE("a weak or foreign tag never matches a write", "[endpoint][conditional]") {
    const EndpointFixture fixture;
    const auto tag = etag(fixture.send(put(1)));
    CHECK(fixture.send(put(2, {{"If-Match", "W/" + tag}})).status == 412);
    CHECK(fixture.send(put(2, {{"If-Match", "\"someone-elses\""}})).status == 412);
    CHECK(fixture.send(put(2, {{"If-Match", "garbage"}})).status == 412);
    fixture.clock->advance(std::chrono::seconds{1});
    CHECK(fixture.send(put(2, {{"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:19 GMT"}})).status == 412);
    CHECK(fixture.send(put(2, {{"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"}})).status == 200);
}

TEST_CASE("a range of the picture is 206, one outside it 416", "[endpoint][range]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put(1)).status == 200);
    const auto whole = fixture.send({});
    const auto bytes = std::string{whole.body_text()};
    const auto part = fixture.send({"GET", path, {{"Range", "bytes=2-5"}}, {}});
    CHECK(part.status == 206);
    CHECK(part.body_text() == bytes.substr(2, 4));
    CHECK(field(part, "Content-Range") == "bytes 2-5/" + std::to_string(bytes.size()));
    CHECK(fixture.send({"GET", path, {{"Range", "bytes=-3"}}, {}}).body_text() ==
          bytes.substr(bytes.size() - 3));

    const auto outside = fixture.send({"GET", path, {{"Range", "bytes=100000-"}}, {}});
    CHECK(outside.status == 416);
    CHECK(field(outside, "Content-Range") == "bytes */" + std::to_string(bytes.size()));
    CHECK(fixture.send({"GET", path, {{"Range", "lines=1-2"}}, {}}).status == 200);
    CHECK(fixture.send({"GET", path, {{"Range", "bytes=2-5"}, {"If-Range", "\"other\""}}, {}}).status == 200);
    CHECK(fixture.send({"GET", path, {{"Range", "bytes=2-5"}, {"If-Range", etag(whole)}}, {}}).status == 206);
}

TEST_CASE("renditions and placeholders are 501 without a renderer", "[endpoint][query]") {
    const EndpointFixture fixture;
    const auto get = [&](const std::string& query) {
        return fixture.send({"GET", path + query, {}, {}}).status;
    };
    CHECK(get("?ifBlank=Default") == 501);
    CHECK(get("?ifBlank=null") == 404);
    REQUIRE(fixture.send(put(1)).status == 200);
    CHECK(get("?w=100") == 501);
    CHECK(get("?h=100&type=png") == 501);
    CHECK(get("?type=jpeg") == 501);
    CHECK(get("?type=Png") == 200); // as it is stored
    CHECK(get("?ifBlank=ClearPixel") == 200);
    CHECK(get("?w=&h=") == 200);
    CHECK(get("?w=0&h=0") == 200);
    CHECK(get("?ifBlank=4") == 200);
    const auto refused = fixture.send({"GET", path + "?w=abc", {}, {}});
    CHECK(refused.body_text().find("'abc'") != std::string_view::npos);
    for (const std::string bad : {"?w=4097", "?w=-1", "?w=1x", "?h=99999999999", "?type=webp", "?type=tiff",
                                  "?ifBlank=maybe", "?ifBlank=6", "?ifBlank=-1", "?W=x"}) {
        CAPTURE(bad);
        CHECK(get(bad) == 400);
    }
}

TEST_CASE("a picture in the cache is answered in the first step", "[endpoint][cache]") {
    auto cache = std::make_shared<CachingImageStore>(std::make_shared<MemoryImageStore>(), 1 << 20);
    const EndpointFixture fixture{{}, {}, cache};
    REQUIRE(fixture.send(put(1)).status == 200);
    const auto cold = fixture.send({});
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "GET", .target = path};
    head.fields.push_back({"Authorization", basic});
    std::optional<http::BeginOutcome> outcome;
    fixture.endpoint->begin(head, [&](http::BeginOutcome result) { outcome = std::move(result); });
    REQUIRE(outcome.has_value());
    REQUIRE(std::holds_alternative<http::Response>(*outcome));
    const auto& warm = std::get<http::Response>(*outcome);
    CHECK(warm.status == 200);
    CHECK(warm.body_text().data() == cold.body_text().data()); // the same bytes, not copies
    CHECK(etag(warm) == etag(cold));
}

} // namespace endpoint_conditional_test
