#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/probe.hpp>
#include <portrait/testing/failing_image_store.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

// What a user of the library may do wrong, or never try.

using namespace portrait;
using namespace portrait::testing;

namespace {

class ThrowingDirectory final : public PersonDirectory {
public:
    result<bool> contains(PersonId) const override { throw std::runtime_error{"directory password hunter2"}; }
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

bool logged(const RecordingLog& log, std::string_view text) {
    for (const auto& event : log.events())
        if (event.find(text) != std::string::npos)
            return true;
    return false;
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

TEST_CASE("a store that throws is 500, logged, and what was there stays", "[http][wrong-use]") {
    const auto store = std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    const EndpointFixture fixture{{}, {}, store};
    const auto kept = text_of(make_png(3, 2, 1));
    REQUIRE(fixture.send(put(1, kept)).status == 200);

    store->throw_at_call(1, "disk password hunter2");
    const auto refused = fixture.send(put(1, text_of(make_png(3, 2, 2))));
    CHECK(refused.status == 500);
    CHECK(refused.body_text().find("hunter2") == std::string_view::npos);
    CHECK(logged(*fixture.log, "hunter2")); // the operator's to see
    CHECK(fixture.send(get(1)).body_text() == kept);
}

TEST_CASE("a directory that throws is 500, logged, and tells the client nothing", "[http][wrong-use]") {
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
