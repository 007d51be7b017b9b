#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// GET /metrics: the text of `EndpointOptions::metrics`.
Begun begin_metrics(const RequestPointer& request) {
    return metrics_answer(request->options().metrics());
}

RouteDocumentation document_metrics() {
    return {.subject = "Metrics", .answers = {{200, BodyContent::text}}};
}

bool has_metrics(const EndpointOptions& options) {
    return options.metrics != nullptr;
}

} // namespace

constinit const Route get_metrics{.method = "GET",
                                  .path = "/metrics",
                                  .callers = Callers::anyone,
                                  .summary = "Figures in Prometheus's text format",
                                  .begin = &begin_metrics,
                                  .document = &document_metrics,
                                  .is_on = &has_metrics};

} // namespace portrait::http
