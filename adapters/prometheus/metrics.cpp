#include <portrait/prometheus/metrics.hpp>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace portrait::http {

namespace {

constexpr std::string_view no_route = "none";

/// Of the table of routes; a client's own words would be labels without end.
std::string_view known_method(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 7> known{"GET",    "HEAD",    "PUT",  "POST",
                                                    "DELETE", "OPTIONS", "PATCH"};
    const auto found = std::find(known.begin(), known.end(), method);
    return found == known.end() ? "other" : *found;
}

prometheus::Histogram::BucketBoundaries duration_buckets() {
    return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};
}

double seconds_of(std::chrono::microseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

double plain(std::chrono::microseconds duration) {
    return seconds_of(duration);
}

double plain(std::uint64_t size) {
    return static_cast<double>(size);
}

/// A DurationHistogram or a SizeHistogram, with buckets that count what is below them, too.
template<class Histogram>
prometheus::ClientMetric::Histogram exposed(const Histogram& histogram) {
    prometheus::ClientMetric::Histogram exposed;
    for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
        exposed.sample_count += histogram.counts[bucket];
        exposed.bucket.push_back({.cumulative_count = exposed.sample_count,
                                  .upper_bound = bucket < Histogram::bounds.size()
                                                     ? plain(Histogram::bounds[bucket])
                                                     : std::numeric_limits<double>::infinity()});
    }
    exposed.sample_sum = plain(histogram.total);
    return exposed;
}

/// The metrics of a label set, made when they are first needed and found quickly afterwards.
template<class Metric, class Key>
class Made {
public:
    template<class Make>
    Metric& get(const Key& key, Make&& make) {
        {
            const std::shared_lock lock{mutex_};
            if (const auto found = made_.find(key); found != made_.end())
                return *found->second;
        }
        const std::unique_lock lock{mutex_};
        auto& place = made_[key];
        if (place == nullptr)
            place = &make();
        return *place;
    }

private:
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
        add(prometheus::MetricType::Gauge, std::move(name), std::move(help), std::move(read));
    }
    void add_counter(std::string name, std::string help, Read read) override {
        add(prometheus::MetricType::Counter, std::move(name), std::move(help), std::move(read));
    }
    void add_histogram(std::string name, std::string help, ReadHistogram read) override {
        const std::lock_guard lock{mutex_};
        histograms_.push_back(
            {std::move(name), std::move(help), [read = std::move(read)] { return exposed(read()); }});
    }
    void add_histogram(std::string name, std::string help, ReadSizes read) override {
        const std::lock_guard lock{mutex_};
        histograms_.push_back(
            {std::move(name), std::move(help), [read = std::move(read)] { return exposed(read()); }});
    }

    std::string text() const override {
        auto families = registry_.Collect();
        {
            const std::lock_guard lock{mutex_};
            for (const auto& figure : figures_)
                families.push_back(read(figure));
            for (const auto& histogram : histograms_)
                families.push_back(read(histogram));
        }
        return prometheus::TextSerializer{}.Serialize(families);
    }

private:
    using RequestKey = std::tuple<std::string_view, std::string_view, unsigned>; // of static storage

    struct Figure {
        prometheus::MetricType type;
        std::string name;
        std::string help;
        Read read;
    };

    struct Histogram {
        std::string name;
        std::string help;
        std::function<prometheus::ClientMetric::Histogram()> read;
    };

    void count(const AccessRecord& record) {
        const auto route = record.route.empty() ? no_route : record.route;
        const auto method = known_method(record.method);
        requests_by_
            .get({route, method, record.status},
                 [&]() -> prometheus::Counter& {
                     return requests_.Add({{"route", std::string{route}},
                                           {"method", std::string{method}},
                                           {"status", fmt::format("{}", record.status)}});
                 })
            .Increment();
        durations_by_
            .get(route,
                 [&]() -> prometheus::Histogram& {
                     return durations_.Add({{"route", std::string{route}}}, duration_buckets());
                 })
            .Observe(seconds_of(record.duration));
        if (!record.rule.empty())
            refusals_by_
                .get(record.rule,
                     [&]() -> prometheus::Counter& {
                         return refusals_.Add({{"rule", std::string{record.rule}}});
                     })
                .Increment();
        received_.Increment(static_cast<double>(record.request_bytes));
        sent_.Increment(static_cast<double>(record.response_bytes));
    }

    void add(prometheus::MetricType type, std::string name, std::string help, Read read) {
        const std::lock_guard lock{mutex_};
        figures_.push_back({type, std::move(name), std::move(help), std::move(read)});
    }

    static prometheus::MetricFamily read(const Figure& figure) {
        prometheus::MetricFamily family;
        family.name = figure.name;
        family.help = figure.help;
        family.type = figure.type;
        auto& metric = family.metric.emplace_back();
        (figure.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value) =
            figure.read();
        return family;
    }

    static prometheus::MetricFamily read(const Histogram& histogram) {
        prometheus::MetricFamily family;
        family.name = histogram.name;
        family.help = histogram.help;
        family.type = prometheus::MetricType::Histogram;
        family.metric.emplace_back().histogram = histogram.read();
        return family;
    }

    const std::shared_ptr<Log> next_;
    prometheus::Registry registry_;
    prometheus::Family<prometheus::Counter>& requests_ = prometheus::BuildCounter()
                                                             .Name("portrait_requests_total")
                                                             .Help("Answered requests")
                                                             .Register(registry_);
    prometheus::Family<prometheus::Histogram>& durations_ =
        prometheus::BuildHistogram()
            .Name("portrait_request_duration_seconds")
            .Help("From a request's first byte to its answer's last")
            .Register(registry_);
    prometheus::Family<prometheus::Counter>& refusals_ = prometheus::BuildCounter()
                                                             .Name("portrait_refusals_total")
                                                             .Help("Requests that were refused, by the rule")
                                                             .Register(registry_);
    prometheus::Counter& received_ = prometheus::BuildCounter()
                                         .Name("portrait_request_body_bytes_total")
                                         .Help("Bytes of bodies received")
                                         .Register(registry_)
                                         .Add({});
    prometheus::Counter& sent_ = prometheus::BuildCounter()
                                     .Name("portrait_response_body_bytes_total")
                                     .Help("Bytes of bodies sent")
                                     .Register(registry_)
                                     .Add({});
    Made<prometheus::Counter, RequestKey> requests_by_;
    Made<prometheus::Histogram, std::string_view> durations_by_;
    Made<prometheus::Counter, std::string_view> refusals_by_;

    mutable std::mutex mutex_;
    std::vector<Figure> figures_;
    std::vector<Histogram> histograms_;
};

} // namespace

std::shared_ptr<Metrics> prometheus_metrics(std::shared_ptr<Log> next) {
    return std::make_shared<PrometheusMetrics>(std::move(next));
}

} // namespace portrait::http
