#pragma once

#include "callers/cors.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <optional>
#include <string_view>

namespace portrait::http {

/// The refusal of a write that a page of another site has sent (contract section 4, "Cross-site writes"). To
/// be asked when a browser may have added the credentials by itself: it adds a session's cookie, and Basic
/// credentials that it remembers, to the requests of any page. Absent for this site's own pages, for
/// configured origins and for clients that are no browsers. `public_url` is that of `EndpointOptions`.
std::optional<Problem> judge_cross_site_write(const RequestHead& head, const CorsGrant& grant,
                                              std::string_view public_url);

/// Whether Sec-Fetch-Site is `same-origin` or `none`: a page of this origin sends the request, or the
/// browser's user, as by the address bar. Browsers send the field over TLS and to localhost.
bool is_from_own_site(const RequestHead& head) noexcept;

} // namespace portrait::http
