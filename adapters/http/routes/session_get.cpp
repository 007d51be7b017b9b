#include "callers/session_secret.hpp"
#include "callers/sign_in_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// GET /session (contract section 4): the page for signing in, or out for a browser with a session. It gives
/// the XSRF cookie again to a browser that has lost it.
Begun begin_get_session(const RequestPointer& request) {
    return Later{[request](const Reply& reply) {
        request->contract().sessions->find(
            session_secret_of(request->head()), [request, reply](const BrowserSessions::Found& found) {
                reply.contain([&] {
                    if (!found && found.error().status == 401)
                        return reply(sign_in_page(200, {}));
                    if (!found)
                        return reply(found.error());
                    const auto value = xsrf_value(session_secret_of(request->head()));
                    auto page = signed_in_page(found->name, value);
                    set_xsrf_cookie(page, value, request->is_secure());
                    reply(std::move(page));
                });
            });
    }};
}

RouteDocumentation document_get_session() {
    return {.subject = "Session", .answers = {{200, BodyContent::page}}};
}

} // namespace

constinit const Route get_session{.method = "GET",
                                  .path = "/session",
                                  .callers = Callers::visitors,
                                  .summary = "The page for signing in and out",
                                  .begin = &begin_get_session,
                                  .document = &document_get_session,
                                  .is_on = &has_sessions};

} // namespace portrait::http
