#include "routes/request.hpp"
#include "routes/table.hpp"

#include <utility>

namespace portrait::http {

static Begun begin_host_route(const RequestPointer& request) {
    const auto& host = *request->route()->host;
    auto answer = [request, &host, head = std::make_shared<const OwnedHead>(request->head())](
                      ImageBytes body, const Reply& reply) {
        reply(answer_of(host.answer({.head = head->head(),
                                     .principal = request->principal(),
                                     .person_id = request->person_id_text(),
                                     .request_id = request->id(),
                                     .prefers_html = request->prefers_html(),
                                     .body = std::move(body)}),
                        [](Response response) { return response; }));
    };
    return Exchange{std::move(answer), host.body_limit};
}

Route route_of(const HostRoute& host) {
    return {.method = host.method,
            .path = host.path,
            .callers = host.needs_caller ? Callers::recognised : Callers::visitors,
            .access = host.access,
            .begin = &begin_host_route,
            .host = &host};
}

} // namespace portrait::http
