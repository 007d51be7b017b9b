#include "routes/table.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/message.hpp>

#include <boost/container/small_vector.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/scheme.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace portrait::http {
namespace {

/// The contract: every route, in the order of its documents.
constinit const Route* const table[] = {
    &get_api,
    &get_api_v1,
    &get_openapi,
    &get_tenant_state,
    &get_current_principal,
    &get_person,
    &get_simple_person,
    &get_persons,
    &get_person_image,
    &put_person_image,
    &post_person_image,
    &delete_person_image,
    &get_person_image_info,
    &put_person_image_info,
    &patch_person_image_info,
    &get_session,
    &create_session,
    &delete_session,
    &get_health,
    &get_readiness,
    &get_metrics,
    &person_get_person_image,
    &person_set_person_image,
    &person_get_person_images,
    &person_create_default_person_image,
    &person_get_person_entity,
    &person_get_person,
    &blob_get_person_image,
    &blob_get_person_image_with_size,
    &blob_set_person_image,
    &blob_change_person_image,
    &blob_save_image_stream,
    &blob_get_blob_entity_on_person,
    &blob_get_blob_entity,
    &blob_create_default_blob_entity,
    &blob_save_blob_entity,
    &blob_delete_blob_entity,
    &blob_get_blob_stream,
    &blob_set_blob_stream,
};

/// Of RFC 3986 section 2.3: these need no escape in URLs, cookies and HTML.
constexpr bool is_unreserved(char character) noexcept {
    return is_alphanumeric(character) || std::string_view{"-._~"}.find(character) != std::string_view::npos;
}

/// Takes the next segment off a path that starts with a slash.
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// The segments of a path, percent-decoded.
using Segments = std::span<const std::string>;

/// Whether the segments are a route's path; stores the segment in place of `{personId}`.
bool matches(Segments segments, std::string_view path, std::string& person_id) {
    person_id.clear();
    for (const auto& segment : segments) {
        if (path.size() <= 1)
            return false;
        const auto expected = take_segment(path);
        if (expected.starts_with('{'))
            person_id = segment;
        else if (!equal_ignoring_case(segment, expected))
            return false;
    }
    return path.size() <= 1; // a host's path may end with a slash
}

/// No path in the table has more than eight segments.
boost::container::small_vector<std::string, 8> segments_of(const boost::urls::url_view& url) {
    boost::container::small_vector<std::string, 8> segments;
    std::string_view path = url.encoded_path();
    while (path.size() > 1) { // a trailing slash begins no segment
        const auto segment = take_segment(path);
        if (segment.find('%') == std::string_view::npos)
            segments.emplace_back(segment);
        else
            segments.push_back(boost::urls::pct_string_view{segment}.decode());
    }
    return segments;
}

/// The segments after those of the base path; absent when the path is outside it.
std::optional<Segments> below(Segments segments, std::string_view base_path) {
    while (!base_path.empty()) {
        if (segments.empty() || !equal_ignoring_case(segments.front(), take_segment(base_path)))
            return std::nullopt;
        segments = segments.subspan(1);
    }
    return segments;
}

bool serves(const Route& route, std::string_view method) noexcept {
    return route.method == method || (route.method == "GET" && method == "HEAD");
}

void add_method(std::string& allow, std::string_view method) {
    if (!allow.empty())
        allow += ", ";
    allow += method;
    if (method == "GET")
        allow += ", HEAD";
}

/// GET of each agent's call.
std::span<const Route> call_descriptions() {
    static const auto all = [] {
        std::vector<Route> descriptions;
        for (const auto* const route : table)
            if (is_of_agent(*route))
                descriptions.push_back(description_of(*route));
        return descriptions;
    }();
    return all;
}

/// The client's name of an agent or a call for a sentence.
std::string echo(std::string_view name) {
    constexpr std::size_t longest = 64;
    const bool plain = name.size() <= longest && std::all_of(name.begin(), name.end(), is_alphanumeric);
    return plain ? std::string{name} : in_quotes(name);
}

/// The 404 of a path that no route has, or of `is_known`, which is switched off. Below `/api/v1/Agents/` it
/// names the agent's calls, or the agents.
Problem unknown_path(Segments segments, bool is_known) {
    if (is_known || segments.size() < 4 || !equal_ignoring_case(segments[0], "api") ||
        !equal_ignoring_case(segments[1], "v1") || !equal_ignoring_case(segments[2], "Agents"))
        return plain_problem(404, "request.unknown_path", "There is nothing at this path");
    const auto& asked = segments[3];
    std::string agents;
    std::string calls;
    std::string_view agent = asked;
    const auto add = [](std::string& list, std::string_view name) {
        list.append(list.empty() ? "" : ", ").append(name);
    };
    for (const auto* route : table) {
        if (!is_of_agent(*route))
            continue;
        const auto call = route->path.substr(agents_path.size());
        const auto name = call.substr(0, call.find('/'));
        if (agents.find(name) == std::string::npos)
            add(agents, name);
        if (equal_ignoring_case(name, asked)) {
            agent = name;
            add(calls, call.substr(name.size() + 1));
        }
    }
    const auto call = fmt::format("{}", fmt::join(segments.begin() + 4, segments.end(), "/"));
    auto message =
        calls.empty()  ? fmt::format("There is no agent {} here; the agents are {}", echo(asked), agents)
        : call.empty() ? fmt::format("The name of a call is missing; the agent {} has {}", agent, calls)
                       : fmt::format("The agent {} has no call {} here; it has {}", agent, echo(call), calls);
    return plain_problem(404, "agent.unknown_call", std::move(message));
}

} // namespace

std::optional<boost::urls::url_view> parse_target(std::string_view target) {
    const auto url =
        target.starts_with('/') ? boost::urls::parse_origin_form(target) : boost::urls::parse_uri(target);
    if (!url || !url->is_path_absolute())
        return std::nullopt;
    const auto scheme = url->scheme_id();
    if (url->has_scheme() && (!url->has_authority() ||
                              (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https)))
        return std::nullopt;
    return *url;
}

std::span<const Route* const> routes() noexcept {
    return table;
}

bool is_base_path(std::string_view text) noexcept {
    if (text.empty())
        return true;
    if (!text.starts_with('/'))
        return false;
    while (!text.empty()) {
        const auto segment = take_segment(text);
        if (segment.empty() || segment == "." || segment == ".." ||
            !std::all_of(segment.begin(), segment.end(), is_unreserved))
            return false;
    }
    return true;
}

bool is_on(const Route& route, const EndpointOptions& options) {
    if (options.operations_only && route.callers != Callers::anyone)
        return false;
    return route.is_on == nullptr || route.is_on(options);
}

RouteMatch match_route(std::string_view method, const boost::urls::url_view& url,
                       const EndpointOptions& options, std::span<const Route> host_routes) {
    const auto all_segments = segments_of(url);
    const Segments segments{all_segments.data(), all_segments.size()};
    const auto mounted = below(segments, options.base_path);
    MatchedRoute found;
    std::string allow;
    bool is_known = false; // a route has the path, perhaps one that is switched off
    const auto is_match = [&](const Route& route) {
        if (!route.at_root && !mounted)
            return false;
        if (!matches(route.at_root ? segments : *mounted, route.path, found.person_id))
            return false;
        is_known = true;
        if (!is_on(route, options))
            return false;
        if (!serves(route, method)) {
            add_method(allow, route.method);
            return false;
        }
        found.route = &route;
        return true;
    };
    for (const auto* const route : table)
        if (is_match(*route))
            return found;
    for (const auto further : {call_descriptions(), host_routes})
        for (const auto& route : further)
            if (is_match(route))
                return found;
    if (!allow.empty())
        return WrongMethod{std::move(allow) + ", OPTIONS"};
    return unknown_path(mounted.value_or(Segments{}), is_known);
}

} // namespace portrait::http
