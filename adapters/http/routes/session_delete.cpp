#include "callers/sign_in_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// DELETE /session (contract section 4): signs out; 204 also when there was no session.
Begun begin_delete_session(const RequestPointer& request) {
    return Later{[request](const Reply& reply) {
        request->contract().sessions->end(session_secret_of(request->head()),
                                          reply.when([is_secure = request->is_secure()](bool /*ended*/) {
                                              return signed_out_answer(false, is_secure);
                                          }));
    }};
}

RouteDocumentation document_delete_session() {
    return {.subject = "Session", .answers = {{204, BodyContent::nothing}}};
}

} // namespace

constinit const Route delete_session{.method = "DELETE",
                                     .path = "/session",
                                     .summary = "Signs out",
                                     .begin = &begin_delete_session,
                                     .document = &document_delete_session,
                                     .is_on = &has_sessions};

} // namespace portrait::http
