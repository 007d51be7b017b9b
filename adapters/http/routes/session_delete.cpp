#include "callers/sign_in.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// DELETE /session (contract section 4): signs out; 204 also without a session.
static Begun begin_delete_session(const RequestPointer& request) {
    return Later{[request](const Reply& reply) {
        request->contract().sessions->end(request->session_secret(), reply.when([request] {
            return signed_out_answer(false, request->cookie_scope());
        }));
    }};
}

constinit const Route delete_session{
    .method = "DELETE",
    .path = "/session",
    .summary = "Signs out",
    .begin = &begin_delete_session,
    .changes_session = true,
    .is_on = &has_sessions,
    .document = {.subject = "Session", .answers = {{204, BodyContent::nothing}}}};

} // namespace portrait::http
