#pragma once

#include "routes/route.hpp"

#include <portrait/http/endpoint.hpp>

#include <memory>

namespace portrait::http {

/// A request between its two steps.
struct Admission::State {
    RequestPointer request;
    std::unique_ptr<Exchange> exchange;
};

} // namespace portrait::http
