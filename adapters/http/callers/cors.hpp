#pragma once

#include <portrait/http/caller_options.hpp>
#include <portrait/http/message.hpp>

#include <string>

namespace portrait::http {

/// The access of a request's origin to the answer.
struct CorsGrant {
    /// Access-Control-Allow-Origin; empty: no fields.
    std::string allow_origin;
    bool credentials = false; ///< the origin is a listed one
    bool varies = false;      ///< the answer to another origin would have other fields

    /// Adds the fields to any answer, errors included.
    void apply(Response& response) const;
};

/// Decides the access of the request's Origin (contract section 4).
CorsGrant cors_grant(const RequestHead& head, const CorsOptions& options);

/// The answer to OPTIONS of a known path: 204 with Allow, and the preflight's fields when the origin is
/// allowed.
Response options_answer(const RequestHead& head, const CorsOptions& options, const CorsGrant& grant,
                        const std::string& allow);

} // namespace portrait::http
