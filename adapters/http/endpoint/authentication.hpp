#pragma once

#include "routes/request.hpp"

#include <functional>
#include <optional>

namespace portrait::http {

/// Authenticates the caller of a request by its Authorization or its session, and sets the request's
/// principal. Calls `done` once, before it returns or later, with the problem of a refused caller.
void authenticate(const RequestPointer& request, std::function<void(std::optional<Problem>)> done);

} // namespace portrait::http
