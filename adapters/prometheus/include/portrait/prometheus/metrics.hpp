#pragma once

#include <portrait/http/metrics.hpp>

#include <memory>

namespace portrait::http {

/// Figures kept by prometheus-cpp, with a registry of their own. Calls are passed on to `next`, which may be
/// null.
///
///     const auto metrics = portrait::http::prometheus_metrics(log);
///     options.metrics = [metrics] { return metrics->text(); };
PORTRAIT_EXPORT std::shared_ptr<Metrics> prometheus_metrics(std::shared_ptr<Log> next);

} // namespace portrait::http
