#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /healthz (contract section 8): 200 while the process serves at all.
static Begun begin_health(const RequestPointer& /*request*/) {
    return text_answer(200, "alive\n");
}

constinit const Route get_health{.method = "GET",
                                 .path = "/healthz",
                                 .at_root = true,
                                 .callers = Callers::anyone,
                                 .summary = "Whether the process is alive",
                                 .begin = &begin_health,
                                 .document = {.subject = "Health", .answers = {{200, BodyContent::text}}}};

} // namespace portrait::http
