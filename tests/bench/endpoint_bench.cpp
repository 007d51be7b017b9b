// Measures the endpoint per request, without sockets and disk: negotiation, authentication (of a password
// that was verified before), the memory store, and the answer. Build with -DPORTRAIT_BENCHMARKS=ON, in
// Release.

#include "entity/blob_entity.hpp"
#include "headers/negotiation.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>

#include <benchmark/benchmark.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace portrait;

const std::string basic = portrait::testing::basic_authorization("tje0", "Tje0");

constexpr std::string_view image_path = "/api/v1/Person/1/Image";
constexpr std::string_view info_path = "/api/v1/Person/1/ImageInfo";

/// A head with the fields that a browser sends.
http::RequestHead request_head(std::string_view method, std::string_view target, std::string_view accept) {
    http::RequestHead head{.method = method, .target = target};
    head.fields = {{"Host", "pictures.example.com"},
                   {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
                   {"Accept", accept},
                   {"Accept-Encoding", "gzip, deflate, br"},
                   {"Authorization", basic},
                   {"Connection", "keep-alive"}};
    head.remote_address = "192.0.2.1";
    return head;
}

std::shared_ptr<http::Authenticator> known_user() {
    return http::FileAuthenticator::from_text(
               "tje0:$6$portrait$gWipzIvCUI2QURRs.AcGV5ggvqlMgjZSEpKXCQ816HPAD1cnDQ5j1Xwf."
               "DhhMdlkQ8Jqj7R.L7NSOdpWJupJk1:5:Terje Example:12\n")
        .value();
}

/// One person with a picture, and a user whose password has been verified.
struct Bench {
    Bench() {
        auto directory = std::make_shared<MemoryPersonDirectory>();
        directory->add(PersonId::from(1).value());
        auto executor = std::make_shared<http::InlineExecutor>();
        endpoint = std::make_unique<http::Endpoint>(
            std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(), directory),
            known_user(), executor, executor);
        auto head = request_head("PUT", image_path, "*/*");
        head.fields.push_back({"Content-Type", "image/png"});
        const auto picture = portrait::testing::make_png(64, 64);
        head.content_length = picture.size();
        require(endpoint->handle(head, ImageBytes{picture}), 200);
    }

    static void require(const http::Response& response, unsigned status) {
        if (response.status != status)
            throw std::runtime_error{"answered " + std::to_string(response.status) + ": " +
                                     std::string{response.body_text()}};
    }

    std::unique_ptr<http::Endpoint> endpoint;
};

void measure(benchmark::State& state, const http::RequestHead& head, const ImageBytes& body,
             unsigned status) {
    const Bench bench;
    Bench::require(bench.endpoint->handle(head, body), status);
    std::size_t length = 0;
    for (auto step : state) {
        static_cast<void>(step);
        bench.endpoint->handle(head, body, [&](http::Response response) {
            length = response.body_text().size();
            benchmark::DoNotOptimize(response);
        });
    }
    state.counters["body"] = static_cast<double>(length);
}

void get_image_info_json(benchmark::State& state) {
    measure(state, request_head("GET", info_path, "application/json, text/plain, */*"), {}, 200);
}

void get_image_info_xml(benchmark::State& state) {
    measure(state, request_head("GET", info_path, "application/xml"), {}, 200);
}

void get_image_info_not_modified(benchmark::State& state) {
    auto head = request_head("GET", info_path, "application/json");
    head.fields.push_back({"If-None-Match", "*"});
    measure(state, head, {}, 304);
}

void put_image_info_json(benchmark::State& state) {
    auto head = request_head("PUT", info_path, "application/json, text/plain, */*");
    head.fields.push_back({"Content-Type", "application/json"});
    const std::string body =
        R"({"BlobId":0,"Description":"At the annual meeting","ExtraInfo":"","ConceptualType":"PERSONPHOTO"})";
    head.content_length = body.size();
    measure(state, head, ImageBytes{body}, 200);
}

void patch_image_info(benchmark::State& state) {
    auto head = request_head("PATCH", info_path, "application/json");
    head.fields.push_back({"Content-Type", "application/json-patch+json"});
    const std::string body = R"([{"op":"replace","path":"/Description","value":"At the annual meeting"}])";
    head.content_length = body.size();
    measure(state, head, ImageBytes{body}, 200);
}

void get_image(benchmark::State& state) {
    measure(state, request_head("GET", image_path, "image/avif,image/webp,image/*,*/*;q=0.8"), {}, 200);
}

void refuse_unknown_person(benchmark::State& state) {
    measure(state, request_head("GET", "/api/v1/Person/2/ImageInfo", "application/json"), {}, 404);
}

/// The parts of the requests above, each alone.
void negotiation(benchmark::State& state) {
    const auto head = request_head("GET", info_path, "application/json, text/plain, */*");
    for (auto step : state) {
        static_cast<void>(step);
        auto type = http::negotiate(head);
        benchmark::DoNotOptimize(type);
    }
}

void authentication(benchmark::State& state) {
    const auto authenticator = known_user();
    std::promise<bool> verified;
    authenticator->authenticate(http::BasicCredentials{"tje0", "Tje0"}, "192.0.2.1",
                                [&](const auto& outcome) { verified.set_value(outcome.has_value()); });
    if (!verified.get_future().get())
        return state.SkipWithError("the password was not verified");
    for (auto step : state) {
        static_cast<void>(step);
        authenticator->authenticate(
            http::BasicCredentials{"tje0", "Tje0"}, "192.0.2.1",
            [](const http::AuthenticationOutcome& outcome) { benchmark::DoNotOptimize(&outcome); });
    }
}

void writing_json(benchmark::State& state) {
    const Actor actor{.associate_id = 5, .name = "tje0", .full_name = "Terje Example", .person_id = 12};
    ImageInfo info{.blob_id = BlobId::from(167).value(), .size = 20'480, .format = ImageFormat::png};
    info.description = "At the annual meeting";
    info.created_by = info.updated_by = actor;
    for (auto step : state) {
        static_cast<void>(step);
        auto text = http::blob_entity_text(http::ResponseType::application_json, &info);
        benchmark::DoNotOptimize(text);
    }
}

BENCHMARK(get_image_info_json);
BENCHMARK(get_image_info_xml);
BENCHMARK(get_image_info_not_modified);
BENCHMARK(put_image_info_json);
BENCHMARK(patch_image_info);
BENCHMARK(get_image);
BENCHMARK(refuse_unknown_person);
BENCHMARK(negotiation);
BENCHMARK(authentication);
BENCHMARK(writing_json);

} // namespace

BENCHMARK_MAIN();
