#pragma once

#include "routes/request.hpp"

#include <optional>

namespace portrait::http {

/// Goes on with a request whose caller was judged; with the problem of a refused one.
using Judged = void (*)(const RequestPointer& request, std::optional<Problem> problem);

/// Authenticates the caller of a request by its Authorization or its session, and sets the request's
/// principal. Calls `judged` once, before it returns or later.
void authenticate(const RequestPointer& request, Judged judged);

} // namespace portrait::http
