#include "convert_fixture.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace endpoint_held_conversions_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// Keeps an upload until the test completes it.
struct Held {
    std::optional<UploadedImage> upload;
    RenderCaller caller;
    Completion<ImageBytes> completion;

    std::shared_ptr<FakeUploadConverter> converter() {
        return make_converter(ConvertibleFormats::all(),
                              [this](UploadedImage image, RenderCaller client, Completion<ImageBytes> done) {
                                  upload = std::move(image);
                                  caller = std::move(client);
                                  completion = std::move(done);
                              });
    }
    void complete(result<ImageBytes> picture) {
        upload.reset();
        std::exchange(completion, nullptr)(std::move(picture));
    }
};

/// The request's head; views the request and the credentials.
http::RequestHead head_of(const Request& request, std::string_view credentials) {
    http::RequestHead head{.method = request.method, .target = request.target};
    for (const auto& [name, value] : request.fields)
        head.fields.push_back({name, value});
    head.fields.push_back({"Authorization", credentials});
    return head;
}

/// Refuses tasks when a test says so, and counts them.
class CountingExecutor final : public http::Executor {
public:
    bool execute(std::function<void()> task) override {
        ++tasks;
        if (refuses)
            return false;
        task();
        return true;
    }

    int tasks = 0;
    bool refuses = false;
};

} // namespace

TEST_CASE("a conversion that ends later on another thread is answered then", "[endpoint][convert]") {
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        Held held;
        const ConvertFixture fixture{held.converter()};
        const auto before = fixture.stored();
        const auto basic = basic_authorization("tje0", "Tje0");
        std::promise<http::Response> answered;
        auto answer = answered.get_future();
        {
            // The host's memory is gone before the conversion ends.
            const auto request = upload.request(webp());
            fixture.endpoint->handle(
                head_of(request, basic), ImageBytes{request.body},
                [&](http::Response response) { answered.set_value(std::move(response)); });
        }
        REQUIRE(held.upload);
        CHECK(held.upload->bytes.text() == webp());
        CHECK(answer.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
        CHECK(fixture.stored() == before);
        std::thread{[&] { held.complete(ImageBytes{FakeUploadConverter::picture()}); }}.join();
        const auto response = answer.get();
        CHECK(response.status == upload.status);
        CHECK(field(response, "X-Image-Type") == "image/jpeg");
        CHECK(response.find("ETag") == nullptr);
        if (!upload.makes_blob)
            CHECK(fixture.stored() == converted_picture());
    }
}

TEST_CASE("a converted picture at the upload's address has no ETag either", "[endpoint][convert]") {
    Held held;
    const ConvertFixture fixture{held.converter()};
    const auto basic = basic_authorization("tje0", "Tje0");
    const auto picture = FakeUploadConverter::picture();
    std::optional<http::Response> response;
    auto upload = make_webp_head();
    upload.resize(picture.size());
    auto request = put_image({});
    fixture.endpoint->handle(head_of(request, basic), ImageBytes{std::move(upload)},
                             [&](http::Response answer) { response = std::move(answer); });
    REQUIRE(held.upload);
    held.upload.reset();                             // the last owner of the bytes
    held.complete(ImageBytes{std::vector{picture}}); // of equal size, so that malloc reuses the block
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->find("ETag") == nullptr);
    CHECK(response->find("X-Image-ETag") != nullptr);
}

TEST_CASE("a client that goes away stops the conversion of its upload", "[endpoint][convert]") {
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        Held held;
        const ConvertFixture fixture{held.converter()};
        const auto before = fixture.stored();
        const auto basic = basic_authorization("tje0", "Tje0");
        const auto request = upload.request(webp());
        std::stop_source client;
        auto head = head_of(request, basic);
        head.stop = client.get_token();
        head.remote_address = "192.0.2.7";
        std::optional<http::Response> response;
        fixture.endpoint->handle(head, ImageBytes{request.body},
                                 [&](http::Response answer) { response = std::move(answer); });
        REQUIRE(held.upload);
        CHECK_FALSE(held.caller.client.empty());
        CHECK_FALSE(held.caller.stop.stop_requested());
        client.request_stop();
        CHECK(held.caller.stop.stop_requested());
        held.complete(Error{errc::cancelled});
        REQUIRE(response);
        CHECK(response->status == 503);
        CHECK(fixture.stored() == before);
    }
}

TEST_CASE("a converted picture is saved by the writers' executor", "[endpoint][convert]") {
    for (const auto& upload : uploads()) {
        CAPTURE(upload.name);
        Held held;
        const ConvertFixture fixture{held.converter()};
        const auto before = fixture.stored();
        const auto writers = std::make_shared<CountingExecutor>();
        http::EndpointOptions options;
        options.upload_converter = fixture.converter;
        http::Endpoint endpoint{fixture.service, std::make_shared<FixedAuthenticator>(), writers, writers,
                                options};
        const auto basic = basic_authorization("tje0", "Tje0");
        const auto request = upload.request(webp());
        std::optional<http::Response> response;
        const auto begin = [&] {
            endpoint.handle(head_of(request, basic), ImageBytes{request.body},
                            [&](http::Response answer) { response = std::move(answer); });
            REQUIRE(held.upload);
        };
        writers->tasks = 0;
        begin();
        CHECK(writers->tasks == 1);
        writers->refuses = true;
        held.complete(ImageBytes{FakeUploadConverter::picture()});
        CHECK(writers->tasks == 2);
        REQUIRE(response);
        CHECK(response->status == 503);
        CHECK(fixture.rule_of(*response) == "service.busy");
        CHECK(fixture.stored() == before);

        writers->refuses = false;
        response.reset();
        begin();
        held.complete(ImageBytes{FakeUploadConverter::picture()});
        REQUIRE(response);
        CHECK(response->status == upload.status);
    }
}

TEST_CASE("the endpoint's destructor waits for conversions", "[endpoint][convert]") {
    Held held;
    auto fixture = std::make_unique<ConvertFixture>(held.converter());
    const auto basic = basic_authorization("tje0", "Tje0");
    const auto request = put_image(webp());
    std::atomic<bool> is_answered{false};
    fixture->endpoint->handle(head_of(request, basic), ImageBytes{request.body},
                              [&](const http::Response&) { is_answered = true; });
    REQUIRE(held.upload);
    std::thread converting{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        held.complete(ImageBytes{FakeUploadConverter::picture()});
    }};
    fixture->endpoint.reset();
    CHECK(is_answered);
    converting.join();
}

} // namespace endpoint_held_conversions_test
