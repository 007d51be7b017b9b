#include "callers/sign_in.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /session (contract section 4): the page for signing in, or out for a browser with a session. Sets the
/// XSRF cookie again, for a browser that has lost it.
static Begun begin_get_session(const RequestPointer& request) {
    return Later{[request](const Reply& reply) {
        const auto answer = [request, reply](const BrowserSessions::Found& found) {
            if (!found)
                return found.error().status == 401 ? reply(sign_in_page(200, {}, request->cookie_scope()))
                                                   : reply(found.error());
            const auto value = xsrf_value(request->session_secret());
            auto page = signed_in_page(found->name, value, request->cookie_scope());
            set_xsrf_cookie(page, value, request->cookie_scope());
            reply(std::move(page));
        };
        request->contract().sessions->find(request->session_secret(), reply.contained(answer));
    }};
}

constinit const Route get_session{.method = "GET",
                                  .path = "/session",
                                  .callers = Callers::visitors,
                                  .summary = "The page for signing in and out",
                                  .begin = &begin_get_session,
                                  .is_on = &has_sessions,
                                  .document = {.subject = "Session", .answers = {{200, BodyContent::page}}}};

} // namespace portrait::http
