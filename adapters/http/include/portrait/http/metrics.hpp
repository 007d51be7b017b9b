#pragma once

#include <portrait/duration_histogram.hpp>
#include <portrait/export.hpp>
#include <portrait/http/log.hpp>
#include <portrait/size_histogram.hpp>

#include <functional>
#include <string>

namespace portrait::http {

/// Port: figures for a monitor, in Prometheus's text format; `portrait::prometheus` implements it. A `Log`
/// that counts its calls and passes them on: give it to the server in the log's place, and `text` to
/// `EndpointOptions::metrics`.
///
/// Requests by route, method and status, their durations by route (as histograms), bytes of bodies, and
/// refusals by rule; labels are of fixed sets, so that no client can make more of them. Whatever else there
/// is to tell joins by `add_gauge` and `add_counter`. Thread-safe.
class PORTRAIT_EXPORT Metrics : public Log {
public:
    /// Called at each scrape, on an io thread: must be quick and must not throw.
    using Read = std::function<double()>;
    /// What goes up and down. The name is Prometheus's, such as `portrait_cache_bytes`; the help one
    /// sentence.
    virtual void add_gauge(std::string name, std::string help, Read read) = 0;
    /// What only grows; its name ends in `_total`.
    virtual void add_counter(std::string name, std::string help, Read read) = 0;
    /// How often something took how long, in seconds; its name ends in `_seconds`.
    using ReadHistogram = std::function<DurationHistogram()>;
    virtual void add_histogram(std::string name, std::string help, ReadHistogram read) = 0;
    /// How often something had which size.
    using ReadSizes = std::function<SizeHistogram()>;
    virtual void add_histogram(std::string name, std::string help, ReadSizes read) = 0;

    /// All of it, as `/metrics` answers it.
    virtual std::string text() const = 0;
};

} // namespace portrait::http
