#pragma once

#include <portrait/http/metrics.hpp>

#include <memory>

namespace portrait::http {

/// Metrics by prometheus-cpp, with their own registry. Forwards calls to `next`, which may be null.
///
/// ```
/// const auto metrics = portrait::http::prometheus_metrics(log);
/// options.metrics = [metrics] { return metrics->text(); };
/// ```
PORTRAIT_EXPORT std::shared_ptr<Metrics> prometheus_metrics(std::shared_ptr<Log> next);

} // namespace portrait::http
