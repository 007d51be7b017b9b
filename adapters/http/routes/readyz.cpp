#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /readyz (contract section 8): 503 while the server drains or the store refuses writes.
static Begun begin_readiness(const RequestPointer& request) {
    if (request->contract().draining)
        return text_answer(503, "draining\n");
    const auto writable = request->service().writable();
    return writable ? text_answer(200, "ready\n") : text_answer(503, writable.error().message() + "\n");
}

constinit const Route get_readiness{
    .method = "GET",
    .path = "/readyz",
    .at_root = true,
    .callers = Callers::anyone,
    .summary = "Whether writes are taken at present",
    .begin = &begin_readiness,
    .document = {.subject = "Readiness", .answers = {{200, BodyContent::text}, {503, BodyContent::text}}}};

} // namespace portrait::http
