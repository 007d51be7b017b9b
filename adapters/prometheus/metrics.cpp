#include <portrait/prometheus/metrics.hpp>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace portrait::http {
namespace {

/// Maps to a fixed set, so that no client can add labels.
std::string_view known_method(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 7> known{"GET",    "HEAD",    "PUT",  "POST",
                                                    "DELETE", "OPTIONS", "PATCH"};
    const auto found = std::find(known.begin(), known.end(), method);
    return found == known.end() ? "other" : *found;
}

const prometheus::Histogram::BucketBoundaries& duration_buckets() {
    static const prometheus::Histogram::BucketBoundaries buckets{
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};
    return buckets;
}

double plain(std::chrono::microseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

double plain(std::uint64_t size) {
    return static_cast<double>(size);
}

/// Returns a function that makes the only label of a metric.
auto label(const char* name, std::string_view value) {
    return [name, value] { return prometheus::Labels{{name, std::string{value}}}; };
}

/// Prometheus's form of a DurationHistogram or a SizeHistogram: cumulative buckets.
template<class Histogram>
prometheus::ClientMetric::Histogram cumulative(const Histogram& histogram) {
    prometheus::ClientMetric::Histogram result;
    for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
        result.sample_count += histogram.counts[bucket];
        result.bucket.push_back({.cumulative_count = result.sample_count,
                                 .upper_bound = bucket < Histogram::bounds.size()
                                                    ? plain(Histogram::bounds[bucket])
                                                    : std::numeric_limits<double>::infinity()});
    }
    result.sample_sum = plain(histogram.total);
    return result;
}

/// A family's metrics by label values, created at their first use. `Key` refers to static storage.
template<class Metric, class Key>
class Labelled {
public:
    template<class Builder>
    Labelled(prometheus::Registry& registry, Builder builder, const std::string& name,
             const std::string& help)
        : family_{builder.Name(name).Help(help).Register(registry)} {}

    template<class Labels, class... Further>
    Metric& get(const Key& key, const Labels& labels, const Further&... further) {
        {
            const std::shared_lock lock{mutex_};
            if (const auto found = made_.find(key); found != made_.end())
                return *found->second;
        }
        const std::unique_lock lock{mutex_};
        // The family returns the same metric for the same labels.
        return *made_.try_emplace(key, &family_.Add(labels(), further...)).first->second;
    }

private:
    prometheus::Family<Metric>& family_;
    std::shared_mutex mutex_;
    std::map<Key, Metric*> made_;
};

class PrometheusMetrics final : public Metrics {
public:
    explicit PrometheusMetrics(std::shared_ptr<Log> next)
        : next_{std::move(next)} {}

    void event(Severity severity, std::string_view message, std::string_view request_id) override {
        if (next_ != nullptr)
            next_->event(severity, message, request_id);
    }

    void access(const AccessRecord& record) override {
        count(record);
        if (next_ != nullptr)
            next_->access(record);
    }

    void add_gauge(std::string name, std::string help, Read read) override {
        add(prometheus::MetricType::Gauge, std::move(name), std::move(help),
            [read = std::move(read)](auto& metric) { metric.gauge.value = read(); });
    }
    void add_counter(std::string name, std::string help, Read read) override {
        add(prometheus::MetricType::Counter, std::move(name), std::move(help),
            [read = std::move(read)](auto& metric) { metric.counter.value = read(); });
    }
    void add_histogram(std::string name, std::string help, ReadHistogram read) override {
        add(prometheus::MetricType::Histogram, std::move(name), std::move(help),
            [read = std::move(read)](auto& metric) { metric.histogram = cumulative(read()); });
    }
    void add_histogram(std::string name, std::string help, ReadSizes read) override {
        add(prometheus::MetricType::Histogram, std::move(name), std::move(help),
            [read = std::move(read)](auto& metric) { metric.histogram = cumulative(read()); });
    }

    std::string text() const override {
        auto families = registry_.Collect();
        const std::lock_guard lock{mutex_};
        for (const auto& [type, name, help, read] : figures_) {
            prometheus::MetricFamily family{name, help, type, {}};
            read(family.metric.emplace_back());
            families.push_back(std::move(family));
        }
        return prometheus::TextSerializer{}.Serialize(families);
    }

private:
    struct Figure {
        prometheus::MetricType type;
        std::string name;
        std::string help;
        std::function<void(prometheus::ClientMetric&)> read;
    };

    void add(prometheus::MetricType type, std::string name, std::string help,
             std::function<void(prometheus::ClientMetric&)> read) {
        const std::lock_guard lock{mutex_};
        figures_.push_back({type, std::move(name), std::move(help), std::move(read)});
    }

    void count(const AccessRecord& record) {
        const auto route = record.route.empty() ? std::string_view{"none"} : record.route;
        const auto method = known_method(record.method);
        requests_
            .get({route, method, record.status},
                 [&] {
                     return prometheus::Labels{{"route", std::string{route}},
                                               {"method", std::string{method}},
                                               {"status", fmt::format("{}", record.status)}};
                 })
            .Increment();
        durations_.get(route, label("route", route), duration_buckets()).Observe(plain(record.duration));
        if (!record.rule.empty())
            refusals_.get(record.rule, label("rule", record.rule)).Increment();
        received_.Increment(static_cast<double>(record.request_bytes));
        sent_.Increment(static_cast<double>(record.response_bytes));
    }

    prometheus::Counter& plain_counter(const std::string& name, const std::string& help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({});
    }

    const std::shared_ptr<Log> next_;
    prometheus::Registry registry_;
    Labelled<prometheus::Counter, std::tuple<std::string_view, std::string_view, unsigned>> requests_{
        registry_, prometheus::BuildCounter(), "portrait_requests_total", "Answered requests"};
    Labelled<prometheus::Histogram, std::string_view> durations_{
        registry_, prometheus::BuildHistogram(), "portrait_request_duration_seconds",
        "Time from the first byte of a request to the last of its answer"};
    Labelled<prometheus::Counter, std::string_view> refusals_{
        registry_, prometheus::BuildCounter(), "portrait_refusals_total", "Refused requests by rule"};
    prometheus::Counter& received_ =
        plain_counter("portrait_request_body_bytes_total", "Bytes of bodies received");
    prometheus::Counter& sent_ = plain_counter("portrait_response_body_bytes_total", "Bytes of bodies sent");

    mutable std::mutex mutex_;
    std::vector<Figure> figures_;
};

} // namespace

std::shared_ptr<Metrics> prometheus_metrics(std::shared_ptr<Log> next) {
    return std::make_shared<PrometheusMetrics>(std::move(next));
}

} // namespace portrait::http
