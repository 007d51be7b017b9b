#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/forwarding_image_store.hpp>
#include <portrait/rendition_service.hpp>
#include <portrait/testing/failing_image_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace throwing_ports_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

class ThrowingDirectory final : public PersonDirectory {
public:
    result<bool> contains(PersonId) const override { throw std::runtime_error{"directory password hunter2"}; }
};

/// What ports throw that is no std::exception.
struct Strange {};

class StrangeDirectory final : public PersonDirectory {
public:
    result<bool> contains(PersonId) const override { throw Strange{}; }
};

class StrangeAuthenticator final : public http::Authenticator {
public:
    void authenticate(http::Credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        if (completes)
            done(http::AuthenticationFailure{});
        throw Strange{};
    }

    bool completes = false;
};

class ThrowingRenderer final : public ImageRenderer {
public:
    result<RenderedImage> render(const RenderImage&) const override {
        throw std::runtime_error{"renderer password hunter2"};
    }
    result<RenderedImage> placeholder(Placeholder, const Rendition&) const override {
        throw std::runtime_error{"renderer password hunter2"};
    }
};

/// A store whose `cached_image`, `cached_info` and `writable` fail.
class ThrowingCache final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;
    std::optional<StoredImage> cached_image(PersonId) const override {
        throw std::runtime_error{"cache password hunter2"};
    }
    std::optional<ImageInfo> cached_info(PersonId) const override {
        throw std::runtime_error{"cache password hunter2"};
    }
    result<void> writable() const override { throw std::runtime_error{"disk password hunter2"}; }
};

class ThrowingExecutor final : public http::Executor {
public:
    bool execute(std::function<void()>) override { throw std::runtime_error{"executor password hunter2"}; }
};

Request call(const std::string& agents_method, std::string arguments) {
    return {.method = "POST",
            .target = "/api/v1/Agents/" + agents_method,
            .fields = {{"Content-Type", "application/json"}},
            .body = std::move(arguments)};
}

bool logged(const RecordingLog& log, std::string_view text) {
    for (const auto& event : log.events())
        if (event.find(text) != std::string::npos)
            return true;
    return false;
}

/// Checks for a 500 with the cause in the log and not in the answer.
void check_contained(const http::Response& response, const RecordingLog& log) {
    CHECK(response.status == 500);
    CHECK(response.body_text().find("hunter2") == std::string_view::npos);
    CHECK(logged(log, "hunter2"));
}

} // namespace

TEST_CASE("a port that throws something else than a std::exception is 500", "[http][wrong-use]") {
    const auto executor = std::make_shared<http::InlineExecutor>();
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "PUT", .target = "/api/v1/Person/1/Image"};
    head.fields.push_back({"Authorization", basic});
    const ImageBytes picture{make_png()};
    const auto store = std::make_shared<MemoryImageStore>();
    SECTION("the directory") {
        http::Endpoint endpoint{
            std::make_shared<PersonImageService>(store, std::make_shared<StrangeDirectory>()),
            std::make_shared<FixedAuthenticator>(), executor, executor};
        CHECK(endpoint.handle(head, picture).status == 500);
    }
    SECTION("the authenticator") {
        const auto authenticator = std::make_shared<StrangeAuthenticator>();
        http::Endpoint endpoint{
            std::make_shared<PersonImageService>(store, std::make_shared<AnyPersonDirectory>()),
            authenticator, executor, executor};
        CHECK(endpoint.handle(head, picture).status == 500);
        authenticator->completes = true;
        CHECK(endpoint.handle(head, picture).status == 401);
    }
}

TEST_CASE("a store that throws is 500 and logged, and the stored picture stays", "[http][wrong-use]") {
    const auto store = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    const EndpointFixture fixture{{}, {}, store};
    const auto kept = text_of(make_png(3, 2, 1));
    REQUIRE(fixture.send(put_picture(1, kept)).status == 200);

    store->throw_at_call(1, "disk password hunter2");
    const auto refused = fixture.send(put_picture(1, text_of(make_png(3, 2, 2))));
    CHECK(refused.status == 500);
    CHECK(refused.body_text().find("hunter2") == std::string_view::npos);
    CHECK(logged(*fixture.log, "hunter2")); // for the operator only
    CHECK(fixture.send(get_picture(1)).body_text() == kept);
}

TEST_CASE("every route is 500 when the store throws, and a retry succeeds", "[http][wrong-use]") {
    const auto picture = text_of(make_png(3, 2, 2));
    const Request info{.target = "/api/v1/Person/1/ImageInfo"};
    Request describe{
        .method = "PUT", .target = info.target, .fields = {{"Content-Type", "application/json"}}};
    describe.body = R"({"Description":"new"})";
    const std::vector<Request> requests{
        get_picture(1),
        put_picture(1, picture),
        info,
        describe,
        call("Person/GetPersonImage", R"({"PersonId":1})"),
        call("BLOB/GetBlobEntityOnPerson", R"({"PersonId":1})"),
        call("BLOB/GetBlobStream", R"({"BlobEntityId":1})"),
        call("BLOB/ChangePersonImage", R"({"PersonId":2,"BlobId":1})"),
        call("BLOB/SaveImageStream", R"({"Type":"PersonImage","Image":")" +
                                         std::string{"R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="} +
                                         R"(","Description":"x"})"),
        {.method = "DELETE", .target = "/api/v1/Person/1/Image"},
    };
    const auto store = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    const EndpointFixture fixture{{}, {}, store};
    REQUIRE(fixture.send(put_picture(1, text_of(make_png(3, 2, 1)))).status == 200);
    for (const auto& request : requests) {
        INFO(request.method << ' ' << request.target);
        // The memory store has everything in memory, so a read may never reach `finish`.
        const bool from_cache = request.method == "GET" && request.target == get_picture(1).target;
        store->throw_at_call(1, "disk password hunter2");
        const auto refused = fixture.send(request);
        if (!from_cache)
            check_contained(refused, *fixture.log);
        store->recover();
        const auto again = fixture.send(request);
        CHECK(again.status / 100 == 2);
    }
}

TEST_CASE("a cache that throws is 500 and logged", "[http][wrong-use]") {
    const auto store = std::make_shared<ThrowingCache>(std::make_shared<MemoryImageStore>());
    const EndpointFixture fixture{{}, {}, store};
    CHECK(fixture.send(put_picture(1, text_of(make_png()))).status == 200);
    check_contained(fixture.send(get_picture(1)), *fixture.log);
}

TEST_CASE("a renderer that throws is 500 and logged, also for placeholders", "[http][wrong-use]") {
    const auto store = std::make_shared<MemoryImageStore>();
    const auto service = std::make_shared<PersonImageService>(store, std::make_shared<AnyPersonDirectory>());
    http::EndpointOptions options;
    options.renditions = std::make_shared<RenditionService>(service, std::make_shared<ThrowingRenderer>());
    const EndpointFixture fixture{options, {}, store};
    REQUIRE(fixture.send(put_picture(1, text_of(make_png()))).status == 200);
    auto scaled = get_picture(1);
    scaled.target += "?w=10";
    check_contained(fixture.send(scaled), *fixture.log);
    auto blank = get_picture(2);
    blank.target += "?ifBlank=Default";
    const EndpointFixture other{options, {}, store};
    check_contained(other.send(blank), *other.log);
    CHECK(fixture.send(get_picture(1)).status == 200);
}

TEST_CASE("an executor, a table of strings and metrics that throw are 500 and logged", "[http][wrong-use]") {
    SECTION("executor") {
        const auto log = std::make_shared<RecordingLog>();
        const auto service = std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(),
                                                                  std::make_shared<AnyPersonDirectory>());
        const auto executor = std::make_shared<ThrowingExecutor>();
        http::Endpoint endpoint{service, std::make_shared<FixedAuthenticator>(), executor, executor, {}, log};
        http::RequestHead head{.method = "DELETE", .target = "/api/v1/Person/1/Image"};
        const auto basic = basic_authorization("tje0", "Tje0");
        head.fields.push_back({"Authorization", basic});
        check_contained(endpoint.handle(head), *log);
    }
    SECTION("strings") {
        http::EndpointOptions options;
        options.localization.strings = [](std::string_view, std::string_view) -> std::optional<std::string> {
            throw std::runtime_error{"strings password hunter2"};
        };
        const EndpointFixture fixture{options};
        REQUIRE(fixture.send(put_picture(1, text_of(make_png()))).status == 200);
        Request describe{.method = "PUT",
                         .target = "/api/v1/Person/1/ImageInfo",
                         .fields = {{"Content-Type", "application/json"}}};
        describe.body = R"({"Description":"[SR_PHOTO]"})";
        REQUIRE(fixture.send(describe).status == 200);
        check_contained(
            fixture.send({.target = "/api/v1/Person/1/ImageInfo", .fields = {{"SO-Language", "en"}}}),
            *fixture.log);
    }
    SECTION("figures") {
        http::EndpointOptions options;
        options.metrics = []() -> std::string { throw std::runtime_error{"figures password hunter2"}; };
        const EndpointFixture fixture{options};
        check_contained(fixture.send({.target = "/metrics"}), *fixture.log);
    }
    SECTION("whether a store takes writes") {
        const EndpointFixture fixture{
            {}, {}, std::make_shared<ThrowingCache>(std::make_shared<MemoryImageStore>())};
        check_contained(fixture.send({.target = "/readyz"}), *fixture.log);
    }
}

TEST_CASE("a directory that throws is 500 and logged, without details for the client", "[http][wrong-use]") {
    const auto log = std::make_shared<RecordingLog>();
    const auto executor = std::make_shared<http::InlineExecutor>();
    const auto service = std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(),
                                                              std::make_shared<ThrowingDirectory>());
    http::Endpoint endpoint{service, std::make_shared<FixedAuthenticator>(), executor, executor, {}, log};
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/Image"};
    const auto basic = basic_authorization("tje0", "Tje0");
    head.fields.push_back({"Authorization", basic});
    const auto response = endpoint.handle(head);
    CHECK(response.status == 500);
    CHECK(response.body_text().find("hunter2") == std::string_view::npos);
    CHECK(logged(*log, "hunter2"));
}

} // namespace throwing_ports_test
