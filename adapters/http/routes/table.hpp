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

// Each in a file of its own, which has all that it does.
extern const Route get_api;                 // api.cpp
extern const Route get_api_v1;              // api_v1.cpp
extern const Route get_openapi;             // openapi.cpp
extern const Route get_person_image;        // person_image_get.cpp
extern const Route put_person_image;        // person_image_put.cpp
extern const Route post_person_image;       // person_image_put.cpp
extern const Route delete_person_image;     // person_image_delete.cpp
extern const Route get_person_image_info;   // person_image_info_get.cpp
extern const Route put_person_image_info;   // person_image_info_put.cpp
extern const Route patch_person_image_info; // person_image_info_put.cpp
extern const Route get_session;             // session_get.cpp
extern const Route create_session;          // session_post.cpp
extern const Route delete_session;          // session_delete.cpp
extern const Route get_health;              // healthz.cpp
extern const Route get_readiness;           // readyz.cpp
extern const Route get_metrics;             // metrics.cpp

/// The agents' calls (contract section 7), in the folder agents.
namespace agents {
extern const Route person_get_person_image;            // get_person_image.cpp
extern const Route person_set_person_image;            // set_person_image.cpp
extern const Route person_get_person_images;           // get_person_images.cpp
extern const Route person_create_default_person_image; // create_default_person_image.cpp
extern const Route blob_get_person_image;              // get_person_image.cpp
extern const Route blob_get_person_image_with_size;    // get_person_image_with_size.cpp
extern const Route blob_set_person_image;              // set_person_image.cpp
extern const Route blob_change_person_image;           // change_person_image.cpp
extern const Route blob_save_image_stream;             // save_image_stream.cpp
extern const Route blob_get_blob_entity_on_person;     // get_blob_entity_on_person.cpp
extern const Route blob_get_blob_entity;               // get_blob_entity.cpp
extern const Route blob_create_default_blob_entity;    // create_default_blob_entity.cpp
extern const Route blob_save_blob_entity;              // save_blob_entity.cpp
extern const Route blob_delete_blob_entity;            // delete_blob_entity.cpp
extern const Route blob_get_blob_stream;               // get_blob_stream.cpp
extern const Route blob_set_blob_stream;               // set_blob_stream.cpp
} // namespace agents

/// Every route of the contract, in the order of its documents.
std::span<const Route* const> routes() noexcept;

bool is_of_agent(const Route& route) noexcept;

/// Whether an endpoint with these options has the route.
bool is_on(const Route& route, const EndpointOptions& options);

/// Origin-form, or absolute-form as RFC 9112 section 3.2.2 demands. Absent when malformed.
std::optional<boost::urls::url_view> parse_target(std::string_view target);

/// A route that has the request's path and method.
struct MatchedRoute {
    const Route* route = nullptr;
    std::string person_id; ///< as the path spells it, percent-decoded once; empty where the path has none
};

/// No route has the path.
struct UnknownPath {
    std::optional<Problem> problem; ///< for a call that its agent does not have
};

/// Routes have the path, with other methods. OPTIONS, which every path has, is one of those.
struct WrongMethod {
    std::string allow; ///< the value of the Allow field
};

using RouteMatch = std::variant<MatchedRoute, UnknownPath, WrongMethod>;

/// Finds a request's route (contract section 1): path segments in any case, a trailing slash accepted, HEAD
/// wherever GET is. The contract's routes win over the host's.
RouteMatch match_route(std::string_view method, const boost::urls::url_view& url,
                       const EndpointOptions& options, std::span<const Route> host_routes);

} // namespace portrait::http
