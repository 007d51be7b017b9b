#include "routes/host_route.hpp"

#include "routes/request.hpp"

#include <portrait/http/owned_head.hpp>

#include <utility>

namespace portrait::http {

namespace {

class HostExchange final : public Exchange {
public:
    static Begun begin(const RequestPointer& request) { return std::make_unique<HostExchange>(request); }

    explicit HostExchange(RequestPointer request)
        : request_{std::move(request)}
        , host_{*request_->route()->host}
        , head_{request_->head()} {}

    std::uint64_t body_limit() const noexcept override { return host_.body_limit; }

    void finish(ImageBytes body, const Reply& reply) override {
        reply(host_.answer({.head = head_.head(),
                            .principal = request_->principal(),
                            .person_id = request_->person_id_text(),
                            .request_id = request_->id(),
                            .body = std::move(body)}));
    }

private:
    RequestPointer request_;
    const HostRoute& host_;
    OwnedHead head_;
};

} // namespace

Route route_of(const HostRoute& host) {
    return {.method = host.method,
            .path = host.path,
            .callers = host.needs_caller ? Callers::recognised : Callers::visitors,
            .access = host.access,
            .summary = {},
            .begin = &HostExchange::begin,
            .document = nullptr,
            .host = &host};
}

} // namespace portrait::http
