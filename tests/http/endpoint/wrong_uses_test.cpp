#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/forwarding_image_store.hpp>
#include <portrait/probe.hpp>
#include <portrait/rendition_service.hpp>
#include <portrait/testing/failing_image_store.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace wrong_uses_test {

// Mistakes of a user of the library, and rare uses.

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

class CountingLog final : public http::Log {
public:
    void event(http::Severity, std::string_view, std::string_view) override {}
    void access(const http::AccessRecord& record) override {
        records.push_back(std::to_string(record.status) + ' ' + std::string{record.method} + ' ' +
                          std::string{record.path} + ' ' + std::string{record.principal} + ' ' +
                          std::string{record.route} + ' ' + std::to_string(record.request_bytes) + ' ' +
                          std::to_string(record.response_bytes) + ' ' + std::string{record.remote_address});
    }

    std::vector<std::string> records;
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

Request put(std::int32_t person, std::string picture) {
    return {.method = "PUT",
            .target = "/api/v1/Person/" + std::to_string(person) + "/Image",
            .fields = {{"Content-Type", "image/png"}},
            .body = std::move(picture)};
}

Request get(std::int32_t person) {
    return {.target = "/api/v1/Person/" + std::to_string(person) + "/Image"};
}

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

TEST_CASE("null ports are refused where they are given, by name", "[http][wrong-use]") {
    const auto directory = std::make_shared<AnyPersonDirectory>();
    CHECK_THROWS_AS(PersonImageService(nullptr, directory), std::invalid_argument);
    CHECK_THROWS_AS(PersonImageService(std::make_shared<MemoryImageStore>(), nullptr), std::invalid_argument);

    const auto service =
        std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(), directory);
    const auto authenticator = std::make_shared<FixedAuthenticator>();
    const auto executor = std::make_shared<http::InlineExecutor>();
    CHECK_THROWS_WITH(http::Endpoint(nullptr, authenticator, executor, executor), "Endpoint needs a service");
    CHECK_THROWS_WITH(http::Endpoint(service, nullptr, executor, executor),
                      "Endpoint needs an authenticator");
    CHECK_THROWS_AS(http::Endpoint(service, authenticator, nullptr, executor), std::invalid_argument);
    CHECK_THROWS_AS(http::Endpoint(service, authenticator, executor, nullptr), std::invalid_argument);
}

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

TEST_CASE("a whole request needs no declared length", "[http][wrong-use]") {
    const EndpointFixture fixture;
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "PUT", .target = "/api/v1/Person/1/Image"};
    head.fields.push_back({"Authorization", basic});
    head.fields.push_back({"Content-Type", "image/png"});
    CHECK(fixture.endpoint->handle(head, ImageBytes{make_png()}).status == 200);
    CHECK(fixture.endpoint->handle(head).status == 400);
}

TEST_CASE("each whole request is in the access log", "[http][wrong-use]") {
    const auto log = std::make_shared<CountingLog>();
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(),
                                                                 std::make_shared<AnyPersonDirectory>()),
                            std::make_shared<FixedAuthenticator>(),
                            executor,
                            executor,
                            {},
                            log};
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "PUT", .target = "/api/v1/Person/1/Image?x=y"};
    head.remote_address = "192.0.2.7";
    const auto picture = make_png();
    const auto size = std::to_string(picture.size());
    CHECK(endpoint.handle(head, ImageBytes{picture}).status == 401);
    head.fields.push_back({"Authorization", basic});
    CHECK(endpoint.handle(head, ImageBytes{picture}).status == 200);
    head.method = "GET";
    head.target = "/api/v1/Person/1/Image";
    CHECK(endpoint.handle(head).status == 200);
    REQUIRE(log->records.size() == 3);
    const std::string place = " /api/v1/Person/1/Image tje0 /api/v1/Person/{personId}/Image ";
    CHECK(log->records[0].starts_with("401 PUT /api/v1/Person/1/Image  "));
    CHECK(log->records[1].starts_with("200 PUT" + place + size + ' '));
    CHECK(log->records[2] == "200 GET" + place + "0 " + size + " 192.0.2.7");
}

TEST_CASE("an endpoint that its completion destroys ends the process with a message", "[http][wrong-use]") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(30); // a hang ends by another signal
        ::signal(SIGABRT, SIG_DFL);
        ::dup2(ends[1], STDERR_FILENO);
        std::set_terminate([] { std::abort(); });
        auto fixture = std::make_unique<EndpointFixture>();
        fixture->endpoint->handle({.target = "/healthz"}, {},
                                  [&](const http::Response&) { fixture->endpoint.reset(); });
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string message(400, ' ');
    const auto count = ::read(ends[0], message.data(), message.size());
    message.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(message.find("destroyed by a completion of its own") != std::string::npos);
}

TEST_CASE("two services over one store see each other's pictures", "[http][wrong-use]") {
    const auto store = std::make_shared<MemoryImageStore>();
    const EndpointFixture first{{}, {}, store};
    const EndpointFixture second{{}, {}, store};
    const auto picture = text_of(make_png());
    CHECK(first.send(put(1, picture)).status == 200);
    CHECK(second.send(get(1)).body_text() == picture);
}

TEST_CASE("a store whose maker lets go of it first lives as long as its service", "[http][wrong-use]") {
    auto store = std::make_shared<MemoryImageStore>();
    const std::weak_ptr<MemoryImageStore> watched = store;
    {
        PersonImageService service{std::move(store), std::make_shared<AnyPersonDirectory>()};
        CHECK_FALSE(watched.expired());
        CHECK(service.save(PersonId::from(1).value(), ImageBytes{make_png()}).has_value());
    }
    CHECK(watched.expired());
}

TEST_CASE("an endpoint serves 64 threads at a time", "[http][wrong-use]") {
    const EndpointFixture fixture;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned number = 0; number < 64; ++number) {
        threads.emplace_back([&, number] {
            const auto person = static_cast<std::int32_t>(1 + number % 9);
            for (std::uint32_t round = 0; round < 10; ++round) {
                if (fixture.send(put(person, text_of(make_png(3, 2, number * 10 + round)))).status != 200)
                    ++wrong;
                const auto read = fixture.send(get(person));
                if (read.status != 200 || !portrait::probe(ImageBytes::copy_of(read.body_text())).has_value())
                    ++wrong;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("a store that throws is 500 and logged, and the stored picture stays", "[http][wrong-use]") {
    const auto store = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    const EndpointFixture fixture{{}, {}, store};
    const auto kept = text_of(make_png(3, 2, 1));
    REQUIRE(fixture.send(put(1, kept)).status == 200);

    store->throw_at_call(1, "disk password hunter2");
    const auto refused = fixture.send(put(1, text_of(make_png(3, 2, 2))));
    CHECK(refused.status == 500);
    CHECK(refused.body_text().find("hunter2") == std::string_view::npos);
    CHECK(logged(*fixture.log, "hunter2")); // for the operator only
    CHECK(fixture.send(get(1)).body_text() == kept);
}

TEST_CASE("every route is 500 when the store throws, and a retry succeeds", "[http][wrong-use]") {
    const auto picture = text_of(make_png(3, 2, 2));
    const Request info{.target = "/api/v1/Person/1/ImageInfo"};
    Request describe{
        .method = "PUT", .target = info.target, .fields = {{"Content-Type", "application/json"}}};
    describe.body = R"({"Description":"new"})";
    const std::vector<Request> requests{
        get(1),
        put(1, picture),
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
    REQUIRE(fixture.send(put(1, text_of(make_png(3, 2, 1)))).status == 200);
    for (const auto& request : requests) {
        INFO(request.method << ' ' << request.target);
        // The memory store has everything in memory, so a read may never reach `finish`.
        const bool from_cache = request.method == "GET" && request.target == get(1).target;
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
    CHECK(fixture.send(put(1, text_of(make_png()))).status == 200);
    check_contained(fixture.send(get(1)), *fixture.log);
}

TEST_CASE("a renderer that throws is 500 and logged, also for placeholders", "[http][wrong-use]") {
    const auto store = std::make_shared<MemoryImageStore>();
    const auto service = std::make_shared<PersonImageService>(store, std::make_shared<AnyPersonDirectory>());
    http::EndpointOptions options;
    options.renditions = std::make_shared<RenditionService>(service, std::make_shared<ThrowingRenderer>());
    const EndpointFixture fixture{options, {}, store};
    REQUIRE(fixture.send(put(1, text_of(make_png()))).status == 200);
    auto scaled = get(1);
    scaled.target += "?w=10";
    check_contained(fixture.send(scaled), *fixture.log);
    auto blank = get(2);
    blank.target += "?ifBlank=Default";
    const EndpointFixture other{options, {}, store};
    check_contained(other.send(blank), *other.log);
    CHECK(fixture.send(get(1)).status == 200);
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
        REQUIRE(fixture.send(put(1, text_of(make_png()))).status == 200);
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

TEST_CASE("an admission that was moved from is empty, and no use to the endpoint", "[endpoint][wrong]") {
    const EndpointFixture fixture;
    http::RequestHead head{.method = "GET", .target = "/api/v1/Person/1/ImageInfo"};
    const auto authorization = basic_authorization("tje0", "Tje0");
    head.fields.push_back({"Authorization", authorization});
    std::optional<http::Admission> admission;
    fixture.endpoint->begin(head, [&](http::BeginOutcome outcome) {
        if (auto* const admitted = std::get_if<http::Admission>(&outcome))
            admission.emplace(std::move(*admitted));
    });
    REQUIRE(admission);
    const auto kept = std::move(*admission);
    CHECK(kept.request_id() != "");
    CHECK(admission->request_id().empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(admission->principal().empty());
    CHECK(admission->body_limit() == 0);
    CHECK_THROWS_AS(fixture.endpoint->finish(std::move(*admission), {}, [](http::Response) {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(fixture.endpoint->refuse(http::Problem{}, *admission), std::invalid_argument);
}

} // namespace wrong_uses_test
