#pragma once

#include "callers/browser_sessions.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/route.hpp"
#include "routes/work_in_progress.hpp"

#include <portrait/http/endpoint.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace portrait::http {

/// The parts that all routes share. Lives as long as the endpoint, which waits for every request.
struct Contract {
    std::shared_ptr<PersonImageService> service;
    std::shared_ptr<Authenticator> authenticator;
    std::shared_ptr<Executor> readers;
    std::shared_ptr<Executor> writers;
    EndpointOptions options;
    std::shared_ptr<Log> log; ///< may be null
    std::unique_ptr<BrowserSessions> sessions;
    std::vector<Route> host_routes;
    OpenApiText openapi;
    std::atomic<bool> draining{false};
    WorkInProgress work;

    bool can_render() const noexcept { return options.renditions != nullptr; }
};

} // namespace portrait::http
