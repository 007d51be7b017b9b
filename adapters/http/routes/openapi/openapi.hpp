#pragma once

#include <portrait/http/endpoint.hpp>
#include <portrait/image_bytes.hpp>

#include <boost/json/object.hpp>

#include <mutex>

namespace portrait::http {

/// The OpenAPI 3.1 document of an endpoint with these options, made from the table of routes: each row with
/// its parameters, bodies and answers, HEAD wherever GET is, OPTIONS of every path. Tells nothing that isn't
/// the same for every caller.
boost::json::object openapi_document(const EndpointOptions& options);

/// The document serialised, made when it is first asked for. Thread-safe.
class OpenApiText {
public:
    /// The same buffer whenever it is asked; `options` must be the same, too.
    ImageBytes text(const EndpointOptions& options) const;

private:
    mutable std::once_flag made_;
    mutable ImageBytes text_;
};

/// The answer to `GET /api/v1/openapi.json`: JSON whatever Accept says, as there is no other form of it.
/// `text` is the serialised document.
Response openapi_answer(ImageBytes text);

} // namespace portrait::http
