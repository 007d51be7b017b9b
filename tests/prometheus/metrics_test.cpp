#include "beast/server_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/prometheus/metrics.hpp>

#include <string>
#include <thread>
#include <vector>

namespace metrics_test {

using namespace portrait::http;
using namespace std::chrono_literals;

namespace {

AccessRecord record(std::string_view method, std::string_view route, unsigned status,
                    std::string_view rule = {}) {
    AccessRecord made;
    made.method = method;
    made.route = route;
    made.status = status;
    made.rule = rule;
    made.request_bytes = 10;
    made.response_bytes = 100;
    made.duration = 3ms;
    return made;
}

bool has(const std::string& text, std::string_view line) {
    return text.find(std::string{line} + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("requests are counted by route, method and status, and forwarded to the log", "[http][metrics]") {
    const auto log = std::make_shared<testing::RecordingLog>();
    const auto metrics = prometheus_metrics(log);
    metrics->access(record("GET", "/api", 200));
    metrics->access(record("GET", "/api", 200));
    metrics->access(record("PUT", "/api/v1/Person/{personId}/Image", 422, "image.corrupt"));
    const auto text = metrics->text();
    CAPTURE(text);
    CHECK(has(text, R"(portrait_requests_total{method="GET",route="/api",status="200"} 2)"));
    CHECK(has(
        text,
        R"(portrait_requests_total{method="PUT",route="/api/v1/Person/{personId}/Image",status="422"} 1)"));
    CHECK(has(text, R"(portrait_refusals_total{rule="image.corrupt"} 1)"));
    CHECK(has(text, R"(portrait_request_duration_seconds_count{route="/api"} 2)"));
    CHECK(has(text, R"(portrait_request_duration_seconds_bucket{route="/api",le="0.0025"} 0)"));
    CHECK(has(text, R"(portrait_request_duration_seconds_bucket{route="/api",le="0.005"} 2)"));
    CHECK(has(text, "portrait_request_body_bytes_total 30"));
    CHECK(has(text, "portrait_response_body_bytes_total 300"));
    CHECK(log->accesses().size() == 3);
}

TEST_CASE("a client's texts never become labels", "[http][metrics]") {
    const auto metrics = prometheus_metrics(nullptr);
    for (int number = 0; number < 50; ++number)
        metrics->access(record("METHOD" + std::to_string(number), {}, 400, "request.malformed"));
    const auto text = metrics->text();
    CHECK(has(text, R"(portrait_requests_total{method="other",route="none",status="400"} 50)"));
    CHECK(text.find("METHOD") == std::string::npos);
}

TEST_CASE("gauges and counters of other components are read at each scrape", "[http][metrics]") {
    const auto metrics = prometheus_metrics(nullptr);
    double value = 1;
    metrics->add_gauge("portrait_things", "Things", [&] { return value; });
    metrics->add_counter("portrait_events_total", "Events", [&] { return value * 2; });
    CHECK(has(metrics->text(), "portrait_things 1"));
    value = 7;
    const auto text = metrics->text();
    CHECK(has(text, "portrait_things 7"));
    CHECK(has(text, "# TYPE portrait_things gauge"));
    CHECK(has(text, "portrait_events_total 14"));
    CHECK(has(text, "# TYPE portrait_events_total counter"));
}

TEST_CASE("durations of other components become a histogram", "[http][metrics]") {
    const auto metrics = prometheus_metrics(nullptr);
    portrait::DurationHistogram durations;
    metrics->add_histogram("portrait_things_seconds", "Things", [&] { return durations; });
    CHECK(has(metrics->text(), "portrait_things_seconds_count 0"));
    durations.add(std::chrono::microseconds{1000}); // a bucket includes its bound
    durations.add(std::chrono::nanoseconds{1'000'001});
    durations.add(std::chrono::milliseconds{30});
    durations.add(std::chrono::seconds{11});
    const auto text = metrics->text();
    CHECK(has(text, "# TYPE portrait_things_seconds histogram"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="0.0005"} 0)"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="0.001"} 1)"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="0.0025"} 2)"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="0.05"} 3)"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="10"} 3)"));
    CHECK(has(text, R"(portrait_things_seconds_bucket{le="+Inf"} 4)"));
    CHECK(has(text, "portrait_things_seconds_count 4"));
    CHECK(text.find("portrait_things_seconds_sum 11.03") != std::string::npos);
}

TEST_CASE("sizes of other components become a histogram", "[http][metrics]") {
    const auto metrics = prometheus_metrics(nullptr);
    portrait::SizeHistogram sizes;
    for (const std::uint64_t size : {1U, 2U, 3U, 64U, 5000U})
        sizes.add(size);
    metrics->add_histogram("portrait_batch_things", "Things", [&] { return sizes; });
    const auto text = metrics->text();
    CHECK(has(text, "# TYPE portrait_batch_things histogram"));
    CHECK(has(text, R"(portrait_batch_things_bucket{le="1"} 1)"));
    CHECK(has(text, R"(portrait_batch_things_bucket{le="2"} 2)"));
    CHECK(has(text, R"(portrait_batch_things_bucket{le="4"} 3)"));
    CHECK(has(text, R"(portrait_batch_things_bucket{le="4096"} 4)"));
    CHECK(has(text, R"(portrait_batch_things_bucket{le="+Inf"} 5)"));
    CHECK(has(text, "portrait_batch_things_sum 5070"));
}

TEST_CASE("concurrent counts of many threads are complete", "[http][metrics]") {
    const auto metrics = prometheus_metrics(nullptr);
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&] {
                for (int number = 0; number < 500; ++number) {
                    metrics->access(record("GET", "/api", number % 2 == 0 ? 200 : 304));
                    if (number % 100 == 0)
                        (void)metrics->text();
                }
            });
    }
    CHECK(has(metrics->text(), R"(portrait_requests_total{method="GET",route="/api",status="200"} 1000)"));
    CHECK(has(metrics->text(), R"(portrait_requests_total{method="GET",route="/api",status="304"} 1000)"));
}

} // namespace metrics_test
