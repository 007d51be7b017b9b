#pragma once

#include "routes/route.hpp"

#include <portrait/http/endpoint.hpp>
#include <portrait/http/problem.hpp>

#include <boost/url/url_view.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

// Each is in a file of its own, together with its handler.
extern const Route get_api, get_api_v1, get_openapi, get_tenant_state;
extern const Route get_person_image, put_person_image, post_person_image, delete_person_image;
extern const Route get_person_image_info, put_person_image_info, patch_person_image_info;
extern const Route get_current_principal, get_person, get_simple_person, get_persons;
extern const Route get_session, create_session, delete_session;
extern const Route get_health, get_readiness, get_metrics;

// The agents' calls (contract section 7).
extern const Route person_get_person_image, person_set_person_image, person_get_person_images,
    person_create_default_person_image, person_get_person_entity, person_get_person;
extern const Route blob_get_person_image, blob_get_person_image_with_size, blob_set_person_image,
    blob_change_person_image, blob_save_image_stream, blob_get_blob_entity_on_person, blob_get_blob_entity,
    blob_create_default_blob_entity, blob_save_blob_entity, blob_delete_blob_entity, blob_get_blob_stream,
    blob_set_blob_stream;

/// Every route of the contract, in the order of its documents. GET of an agent's call, which describes the
/// call, is not among them.
std::span<const Route* const> routes() noexcept;

/// GET of an agent's call: describes the call, for callers with and without the right to write.
Route description_of(const Route& call);

/// A route of the host's own; refers to `host`.
Route route_of(const HostRoute& host);

inline constexpr std::string_view agents_path = "/api/v1/Agents/";

/// Whether the route is a call of an agent.
inline bool is_of_agent(const Route& route) noexcept {
    return route.path.starts_with(agents_path);
}

/// Whether an endpoint with these options has the route.
bool is_on(const Route& route, const EndpointOptions& options);

/// Parses origin-form, or absolute-form of http and https as RFC 9112 section 3.2.2 demands. Absent when
/// malformed.
std::optional<boost::urls::url_view> parse_target(std::string_view target);

/// A route that has the request's path and method.
struct MatchedRoute {
    const Route* route = nullptr;
    std::string person_id; ///< as in the path, percent-decoded once; empty where the path has none
};

/// Routes have the path with other methods, OPTIONS always among them.
struct WrongMethod {
    std::string allow; ///< the value of the Allow field
};

/// A problem when no route has the path: 404.
using RouteMatch = std::variant<MatchedRoute, Problem, WrongMethod>;

/// Finds a request's route (contract section 1) below the base path, or at the root: path segments in any
/// case, with or without a trailing slash, HEAD wherever GET is. The contract's routes win over the host's.
RouteMatch match_route(std::string_view method, const boost::urls::url_view& url,
                       const EndpointOptions& options, std::span<const Route> host_routes);

} // namespace portrait::http
