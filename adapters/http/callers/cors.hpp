#pragma once

#include <portrait/http/caller_options.hpp>
#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// What a request's origin may do with the answer.
struct CorsGrant {
    /// Access-Control-Allow-Origin; empty: nothing is said.
    std::string allow_origin;
    bool credentials = false; ///< the origin is a listed one
    bool varies = false;      ///< the answer to another origin would have other fields

    /// Adds the fields to any answer, an error's too.
    void apply(Response& response) const;
};

/// What the request's Origin comes to (contract section 4).
CorsGrant cors_grant(const RequestHead& head, const CorsOptions& options);

/// The answer to OPTIONS of a known path: 204 with Allow, and what a preflight asks for when the origin is
/// granted.
Response options_answer(const RequestHead& head, const CorsOptions& options, const CorsGrant& grant,
                        const std::string& allow);

/// Whether a browser says that the request was made by a page of another site, of an origin that isn't
/// listed. A client that is no browser says nothing of the kind.
bool is_cross_site(const RequestHead& head, const CorsGrant& grant) noexcept;

} // namespace portrait::http
