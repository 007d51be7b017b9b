#pragma once

#include <portrait/export.hpp>
#include <portrait/histogram.hpp>
#include <portrait/http/log.hpp>

#include <functional>
#include <string>

namespace portrait::http {

/// Port: metrics in Prometheus's text format; `portrait::prometheus` implements it. It is a `Log` that counts
/// its calls and forwards them: pass it to the server as the log, and `text` to `EndpointOptions::metrics`.
///
/// Counts requests by route, method and status, their durations by route (as histograms), bytes of bodies,
/// and refusals by rule; labels are of fixed sets, so that no client can add labels. Thread-safe.
class PORTRAIT_EXPORT Metrics : public Log {
public:
    /// Called at each scrape, on an io thread: must be quick and must not throw.
    using Read = std::function<double()>;
    /// Adds a gauge. The name is Prometheus's, such as `portrait_cache_bytes`; the help one sentence.
    virtual void add_gauge(std::string name, std::string help, Read read) = 0;
    /// Adds a counter, which never decreases; its name ends in `_total`.
    virtual void add_counter(std::string name, std::string help, Read read) = 0;
    /// Adds a histogram of durations in seconds; its name ends in `_seconds`.
    using ReadHistogram = std::function<DurationHistogram()>;
    virtual void add_histogram(std::string name, std::string help, ReadHistogram read) = 0;
    /// Adds a histogram of sizes.
    using ReadSizes = std::function<SizeHistogram()>;
    virtual void add_histogram(std::string name, std::string help, ReadSizes read) = 0;

    /// The body of `/metrics`.
    virtual std::string text() const = 0;
};

} // namespace portrait::http
