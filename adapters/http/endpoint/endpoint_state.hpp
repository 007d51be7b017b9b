#pragma once

#include "endpoint/admission.hpp"
#include "routes/contract.hpp"
#include "routes/request.hpp"

#include <portrait/http/endpoint.hpp>

#include <functional>
#include <optional>

namespace portrait::http {

/// The two steps of every request; what a route does in them is in its file (routes/).
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

/// Recognises the caller of a request by its Authorization or its session, and gives the request its
/// principal. Calls `done` once, before it returns or later, with what refuses the caller.
void authenticate(const RequestPointer& request, std::function<void(std::optional<Problem>)> done);

} // namespace portrait::http
