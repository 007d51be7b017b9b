#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /metrics: the text of `EndpointOptions::metrics`.
static Begun begin_metrics(const RequestPointer& request) {
    auto response = text_answer(200, request->options().metrics());
    response.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

constinit const Route get_metrics{
    .method = "GET",
    .path = "/metrics",
    .at_root = true,
    .callers = Callers::anyone,
    .summary = "Figures in Prometheus's text format",
    .begin = &begin_metrics,
    .is_on = [](const EndpointOptions& options) { return options.metrics != nullptr; },
    .document = {.subject = "Metrics", .answers = {{200, BodyContent::text}}}};

} // namespace portrait::http
