#include "routes/table.hpp"

#include "agents/agents.hpp"

#include <portrait/http/message.hpp>

#include <boost/url/parse.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace portrait::http {

namespace {

/// The contract: every route, in the order of its documents.
constinit const Route* const table[] = {
    &get_api,
    &get_api_v1,
    &get_openapi,
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
    &agents::person_get_person_image,
    &agents::person_set_person_image,
    &agents::person_get_person_images,
    &agents::person_create_default_person_image,
    &agents::blob_get_person_image,
    &agents::blob_get_person_image_with_size,
    &agents::blob_set_person_image,
    &agents::blob_change_person_image,
    &agents::blob_save_image_stream,
    &agents::blob_get_blob_entity_on_person,
    &agents::blob_get_blob_entity,
    &agents::blob_create_default_blob_entity,
    &agents::blob_save_blob_entity,
    &agents::blob_delete_blob_entity,
    &agents::blob_get_blob_stream,
    &agents::blob_set_blob_stream,
};

/// Takes the next segment off a path that starts with a slash.
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// Whether the segments are a route's path; notes what stands in place of its segment in braces.
bool matches(const std::vector<std::string>& segments, std::string_view path, std::string& person_id) {
    if (path == "/")
        return segments.empty();
    for (const auto& segment : segments) {
        if (path.empty())
            return false;
        const auto expected = take_segment(path);
        if (expected.starts_with('{'))
            person_id = segment;
        else if (!equal_ignoring_case(segment, expected))
            return false;
    }
    return path.empty();
}

std::vector<std::string> segments_of(const boost::urls::url_view& url) {
    std::vector<std::string> segments;
    constexpr std::size_t usual = 8; // no path in the table has more
    segments.reserve(usual);
    if (const std::string_view path = url.encoded_path(); path.starts_with("/./"))
        segments.emplace_back("."); // which the range leaves out, and no other dots
    for (const auto& segment : url.segments())
        segments.push_back(segment);
    if (!segments.empty() && segments.back().empty())
        segments.pop_back(); // a trailing slash
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

/// A path that no route has: says more where an agent was called.
UnknownPath unknown_path(const std::vector<std::string>& segments) {
    constexpr std::size_t agent = 3; // the segment behind api, v1 and Agents
    if (segments.size() <= agent || !equal_ignoring_case(segments[0], "api") ||
        !equal_ignoring_case(segments[1], "v1") || !equal_ignoring_case(segments[2], "Agents"))
        return {};
    std::vector<std::string_view> known;
    for (const auto* route : table)
        if (is_of_agent(*route))
            known.push_back(route->path);
    const auto method = segments.size() == agent + 2 ? std::string_view{segments.back()} : std::string_view{};
    return {unknown_agent_call(segments[agent], method, known)};
}

/// Goes through routes until one matches path and method.
class Matching {
public:
    Matching(std::string_view method, const boost::urls::url_view& url, const EndpointOptions& options)
        : method_{method}
        , segments_{segments_of(url)}
        , options_{options} {}

    /// True when the search is over.
    bool consider(const Route& route) {
        std::string person_id;
        if (!matches(segments_, route.path, person_id))
            return false;
        is_known_ = true;
        if (!is_on(route, options_))
            return false;
        if (!serves(route, method_)) {
            add_method(allow_, route.method);
            return false;
        }
        found_ = {&route, std::move(person_id)};
        return true;
    }

    RouteMatch outcome() && {
        if (found_.route != nullptr)
            return std::move(found_);
        if (!allow_.empty())
            return WrongMethod{std::move(allow_) + ", OPTIONS"}; // which every path has
        return is_known_ ? UnknownPath{} : unknown_path(segments_);
    }

private:
    std::string_view method_;
    std::vector<std::string> segments_;
    const EndpointOptions& options_;
    MatchedRoute found_;
    std::string allow_;
    bool is_known_ = false; ///< though it may be switched off
};

} // namespace

std::optional<boost::urls::url_view> parse_target(std::string_view target) {
    const auto url =
        target.starts_with('/') ? boost::urls::parse_origin_form(target) : boost::urls::parse_uri(target);
    if (!url || !url->is_path_absolute())
        return std::nullopt;
    return *url;
}

std::span<const Route* const> routes() noexcept {
    return table;
}

bool is_of_agent(const Route& route) noexcept {
    return route.path.starts_with("/api/v1/Agents/");
}

bool is_on(const Route& route, const EndpointOptions& options) {
    if (options.operations_only && route.callers != Callers::anyone)
        return false;
    return route.is_on == nullptr || route.is_on(options);
}

RouteMatch match_route(std::string_view method, const boost::urls::url_view& url,
                       const EndpointOptions& options, std::span<const Route> host_routes) {
    Matching matching{method, url, options};
    const auto found = std::any_of(std::begin(table), std::end(table),
                                   [&](const Route* route) { return matching.consider(*route); });
    if (!found)
        (void)std::any_of(host_routes.begin(), host_routes.end(),
                          [&](const Route& route) { return matching.consider(route); });
    return std::move(matching).outcome();
}

} // namespace portrait::http
