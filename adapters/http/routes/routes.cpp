#include "routes/routes.hpp"

#include <portrait/http/message.hpp>

#include <boost/url/parse.hpp>

#include <utility>
#include <vector>

namespace portrait::http {

namespace {

constexpr RouteRow table[] = {
    {"GET", "/api", Operation::get_api, "Where the versions of this interface live"},
    {"GET", "/api/v1", Operation::get_api_v1, "The routes, with a line about each"},
    {"GET", "/api/v1/openapi.json", Operation::get_openapi, "The routes as an OpenAPI document"},
    {"GET", "/api/v1/Person/{personId}/Image", Operation::get_image, "The person's picture"},
    {"PUT", "/api/v1/Person/{personId}/Image", Operation::put_image,
     "Stores the person's picture, sent as it is or as a form; answers the blob id"},
    {"POST", "/api/v1/Person/{personId}/Image", Operation::put_image, "The same as PUT"},
    {"DELETE", "/api/v1/Person/{personId}/Image", Operation::delete_image, "Removes the person's picture"},
    {"GET", "/api/v1/Person/{personId}/ImageInfo", Operation::get_image_info,
     "What is known of the person's picture: a BlobEntity"},
    {"PUT", "/api/v1/Person/{personId}/ImageInfo", Operation::put_image_info,
     "Changes the picture's texts, by a BlobEntity or a patch; answers the BlobEntity as it is now"},
    {"PATCH", "/api/v1/Person/{personId}/ImageInfo", Operation::patch_image_info, "The same as PUT"},
    {"GET", "/session", Operation::get_session, "The page for signing in and out"},
    {"POST", "/session", Operation::create_session,
     "Signs in, by Basic or by a form; sets the session's cookies"},
    {"DELETE", "/session", Operation::delete_session, "Signs out"},
    {"GET", "/healthz", Operation::get_health, "Whether the process is alive"},
    {"GET", "/readyz", Operation::get_readiness, "Whether writes are taken at present"},
    {"GET", "/metrics", Operation::get_metrics, "Figures in Prometheus's text format"},
    {"POST", "/api/v1/Agents/Person/GetPersonImage", Operation::read_by_agent, "The person's picture",
     AgentCall::get_person_image},
    {"POST", "/api/v1/Agents/Person/SetPersonImage", Operation::upload_by_agent,
     "Stores the person's picture", AgentCall::set_person_image},
    {"POST", "/api/v1/Agents/Person/GetPersonImages", Operation::read_by_agent,
     "The pictures of several persons, scaled", AgentCall::get_person_images},
    {"POST", "/api/v1/Agents/Person/CreateDefaultPersonImage", Operation::read_by_agent,
     "An empty PersonImage", AgentCall::create_default_person_image},
    {"POST", "/api/v1/Agents/BLOB/GetPersonImage", Operation::read_by_agent,
     "The person's picture, or nothing", AgentCall::get_person_image_or_nothing},
    {"POST", "/api/v1/Agents/BLOB/GetPersonImageWithSize", Operation::read_by_agent,
     "The person's picture, scaled", AgentCall::get_person_image_with_size},
    {"POST", "/api/v1/Agents/BLOB/SetPersonImage", Operation::upload_by_agent, "Stores the person's picture",
     AgentCall::set_person_image},
    {"POST", "/api/v1/Agents/BLOB/ChangePersonImage", Operation::write_by_agent,
     "Links the person to another blob, or to none", AgentCall::change_person_image},
    {"POST", "/api/v1/Agents/BLOB/SaveImageStream", Operation::upload_by_agent,
     "Stores a picture that is linked to nobody; answers the blob id", AgentCall::save_image_stream},
    {"POST", "/api/v1/Agents/BLOB/GetBlobEntityOnPerson", Operation::read_by_agent,
     "What is known of the person's picture", AgentCall::get_blob_entity_on_person},
    {"POST", "/api/v1/Agents/BLOB/GetBlobEntity", Operation::read_by_agent, "What is known of a blob",
     AgentCall::get_blob_entity},
    {"POST", "/api/v1/Agents/BLOB/CreateDefaultBlobEntity", Operation::read_by_agent, "An empty BlobEntity",
     AgentCall::create_default_blob_entity},
    {"POST", "/api/v1/Agents/BLOB/SaveBlobEntity", Operation::write_by_agent,
     "Makes a blob, or changes its texts", AgentCall::save_blob_entity},
    {"POST", "/api/v1/Agents/BLOB/DeleteBlobEntity", Operation::write_by_agent,
     "Removes a blob and its links", AgentCall::delete_blob_entity},
    {"POST", "/api/v1/Agents/BLOB/GetBlobStream", Operation::read_by_agent, "A blob's bytes",
     AgentCall::get_blob_stream},
    {"POST", "/api/v1/Agents/BLOB/SetBlobStream", Operation::upload_by_agent, "Stores a blob's bytes",
     AgentCall::set_blob_stream},
};

/// Takes the next segment off a path that starts with a slash.
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// Whether the segments are a row's path; notes what stands in place of its segment in braces.
bool matches(const std::vector<std::string>& segments, std::string_view path, std::string& person_id) {
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
    if (segments.size() > 1 && segments.back().empty())
        segments.pop_back(); // a trailing slash
    return segments;
}

bool serves(const RouteRow& row, std::string_view method) noexcept {
    return row.method == method || (row.method == "GET" && method == "HEAD");
}

void add_method(std::string& allow, std::string_view method) {
    if (!allow.empty())
        allow += ", ";
    allow += method;
    if (method == "GET")
        allow += ", HEAD";
}

/// A path that isn't in the table: says more where an agent was called.
UnknownPath unknown_path(const std::vector<std::string>& segments) {
    constexpr std::size_t agent = 3; // the segment behind api, v1 and Agents
    if (segments.size() <= agent || !equal_ignoring_case(segments[0], "api") ||
        !equal_ignoring_case(segments[1], "v1") || !equal_ignoring_case(segments[2], "Agents"))
        return {};
    std::vector<std::string_view> known;
    for (const auto& row : table)
        if (is_of_agent(row.operation))
            known.push_back(row.path);
    const auto method = segments.size() == agent + 2 ? std::string_view{segments.back()} : std::string_view{};
    return {unknown_agent_call(segments[agent], method, known)};
}

} // namespace

std::optional<boost::urls::url_view> parse_target(std::string_view target) {
    const auto url =
        target.starts_with('/') ? boost::urls::parse_origin_form(target) : boost::urls::parse_uri(target);
    if (!url || !url->is_path_absolute())
        return std::nullopt;
    return *url;
}

std::span<const RouteRow> routes() noexcept {
    return table;
}

RouteMatch match_route(std::string_view method, const boost::urls::url_view& url) {
    const auto segments = segments_of(url);
    std::string allow;
    for (const auto& row : table) {
        Route route{
            .operation = row.operation, .path = row.path, .person_id = {}, .agent_call = row.agent_call};
        if (!matches(segments, row.path, route.person_id))
            continue;
        if (serves(row, method))
            return route;
        add_method(allow, row.method);
    }
    if (allow.empty())
        return unknown_path(segments);
    allow += ", OPTIONS"; // of any path that is here
    return WrongMethod{std::move(allow)};
}

} // namespace portrait::http
