#include <portrait/prometheus/metrics.hpp>

namespace portrait::http {

std::shared_ptr<Metrics> Metrics::make(std::shared_ptr<Log> /*next*/) {
    return nullptr;
}

} // namespace portrait::http
