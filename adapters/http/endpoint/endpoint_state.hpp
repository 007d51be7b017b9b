#pragma once

#include "routes/contract.hpp"
#include "routes/request.hpp"

#include <portrait/http/endpoint.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace portrait::http {

/// A request between its two steps.
struct Admission::State {
    RequestPointer request;
    std::unique_ptr<Exchange> exchange;
};

/// The two steps of every request. The files in routes/ have the part of each route.
struct Endpoint::State {
    using BeginCompletion = std::function<void(BeginOutcome)>;

    Contract contract;

    /// First step: finds the route and the caller, then lets the route judge the head.
    void begin(const RequestHead& head, const BeginCompletion& done);
    /// Second step: gives the body to the exchange, on an executor.
    void finish(Admission::State admitted, ImageBytes body, std::function<void(Response)> done);

private:
    /// Lets the route judge the head.
    static void begin_route(const RequestPointer& request, const BeginCompletion& done);
};

/// Authenticates the caller of a request by its Authorization or its session, and sets the request's
/// principal. Calls `done` once, before it returns or later, with the problem of a refused caller.
void authenticate(const RequestPointer& request, std::function<void(std::optional<Problem>)> done);

} // namespace portrait::http
