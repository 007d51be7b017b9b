#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/probe.hpp>

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
    CHECK(first.send(put_picture(1, picture)).status == 200);
    CHECK(second.send(get_picture(1)).body_text() == picture);
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
                if (fixture.send(put_picture(person, text_of(make_png(3, 2, number * 10 + round)))).status !=
                    200)
                    ++wrong;
                const auto read = fixture.send(get_picture(person));
                if (read.status != 200 || !portrait::probe(ImageBytes::copy_of(read.body_text())).has_value())
                    ++wrong;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(wrong == 0);
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
