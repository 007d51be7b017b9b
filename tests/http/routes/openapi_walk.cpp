#include "openapi_walk.hpp"

#include "formats/base64.hpp"
#include "schema_check.hpp"
#include "support/pictures.hpp"

#ifdef PORTRAIT_TEST_RENDERS
#include <portrait/imaging/render_pool.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#endif

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace portrait::testing {

namespace json = boost::json;

void WalkAuthenticator::authenticate(http::Credentials credentials, std::string_view remote_address,
                                     std::function<void(http::AuthenticationOutcome)> done) {
    const auto* basic = std::get_if<http::BasicCredentials>(&credentials);
    if (basic != nullptr && basic->user == "broken")
        return done(http::AuthenticationFailure{http::AuthenticationFailure::Kind::broken,
                                                std::chrono::seconds{1}, "the users are away"});
    fixed_.authenticate(std::move(credentials), remote_address, std::move(done));
}

bool WalkExecutor::execute(std::function<void()> work) {
    if (refuses)
        return false;
    work();
    return true;
}

result<SavedImage> WalkStore::save(SaveImage command) {
    return full ? Error{errc::store_full} : store_.save(std::move(command));
}

result<ImageInfo> WalkStore::update_info(UpdateImageInfo command) {
    return full ? Error{errc::store_full} : store_.update_info(std::move(command));
}

result<RemovedImage> WalkStore::remove(RemoveImage command) {
    return full ? Error{errc::store_full} : store_.remove(std::move(command));
}

result<ImageInfo> WalkStore::link(LinkImage command) {
    return full ? Error{errc::store_full} : store_.link(std::move(command));
}

result<std::optional<BlobId>> WalkStore::unlink(UnlinkImage command) {
    return full ? Error{errc::store_full} : store_.unlink(std::move(command));
}

WalkServer::WalkServer(bool strict, [[maybe_unused]] bool renders) {
    auto directory = std::make_shared<MemoryPersonDirectory>();
    for (std::int32_t id = 1; id <= 9; ++id)
        directory->add(PersonId::from(id).value());
    http::EndpointOptions options;
    options.strict_superoffice = strict;
    options.app_tokens.add("known");
    service = std::make_shared<PersonImageService>(images, directory, Limits{.max_bytes = 100'000});
#ifdef PORTRAIT_TEST_RENDERS
    if (renders)
        options.renditions = std::make_shared<RenditionService>(
            service, std::make_shared<imaging::RenderPool>(std::make_shared<imaging::VipsRenderer>()));
#endif
    endpoint = std::make_shared<http::Endpoint>(service, std::make_shared<WalkAuthenticator>(), executor,
                                                executor, std::move(options));
    http::ServerOptions server_options;
    server_options.port = 0;
    server_options.threads = 1;
    auto started = http::Server::start(endpoint, std::move(server_options));
    if (!started)
        throw std::runtime_error{started.error().message()};
    server_ = *std::move(started);
    store(make_png());
}

void WalkServer::store(const std::vector<std::byte>& picture) {
    if (!service->save(PersonId::from(1).value(), ImageBytes{picture}))
        throw std::runtime_error{"the picture was not stored"};
}

std::vector<WalkOperation> operations_of(const json::object& document) {
    std::vector<WalkOperation> operations;
    for (const auto& [path, methods] : document.at("paths").as_object())
        for (const auto& [method, operation] : methods.as_object()) {
            WalkOperation found{.id = std::string{operation.at("operationId").as_string()},
                                .method = std::string{method},
                                .path = std::string{path},
                                .document = &document,
                                .operation = &operation.as_object()};
            std::transform(found.method.begin(), found.method.end(), found.method.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
            operations.push_back(std::move(found));
        }
    return operations;
}

namespace {

bool is_agent(const WalkOperation& operation) {
    return operation.path.find("/Agents/") != std::string::npos;
}

bool is_session(const WalkOperation& operation) {
    return operation.id == "PostSession";
}

std::string base64(const std::vector<std::byte>& bytes) {
    std::string text;
    http::append_base64(text, bytes);
    return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

const json::object* body_types(const WalkOperation& operation) {
    const auto* body = operation.operation->if_contains("requestBody");
    return body ? &body->at("content").as_object() : nullptr;
}

std::string form_text(const json::object& fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        auto spelled = value.is_string() ? std::string{value.as_string()} : json::serialize(value);
        replace_all(spelled, "%", "%25");
        replace_all(spelled, "+", "%2B");
        replace_all(spelled, " ", "+");
        const auto add = [&](std::string_view one) {
            text.append(text.empty() ? "" : "&").append(name).append("=").append(one);
        };
        if (value.is_array())
            for (const auto& item : value.as_array())
                add(json::serialize(item));
        else
            add(spelled);
    }
    return text;
}

std::string body_text(std::string_view type, const json::object& media) {
    if (type.starts_with("image/") || type == "application/octet-stream") {
        const auto picture = type == "image/jpeg"   ? make_jpeg()
                             : type == "image/gif"  ? make_gif()
                             : type == "image/tiff" ? make_tiff()
                                                    : make_png();
        return text_of(picture);
    }
    if (type == "multipart/form-data")
        return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
               "Content-Type: image/png\r\n\r\n" +
               text_of(make_png()) + "\r\n--b--\r\n";
    const auto& example = media.at("example");
    if (type == "application/x-www-form-urlencoded")
        return form_text(example.as_object());
    return type.ends_with("/xml") ? std::string{example.as_string()} : json::serialize(example);
}

/// The documented JSON body with another value for one of its members; the body must have it.
std::string changed_body(const WalkOperation& operation, const char* name, const json::value& value) {
    auto example = body_types(operation)->at("application/json").at("example").as_object();
    example.at(name) = value;
    return json::serialize(example);
}

bool takes(const WalkOperation& operation, const char* name) {
    const auto* types = body_types(operation);
    return types != nullptr && types->contains("application/json") &&
           types->at("application/json").at("example").is_object() &&
           types->at("application/json").at("example").as_object().contains(name);
}

void set_field(Request& request, std::string name, std::string value) {
    std::erase_if(request.fields, [&](const auto& field) { return field.first == name; });
    request.fields.emplace_back(std::move(name), std::move(value));
}

void set_json(Request& request, std::string body) {
    set_field(request, "Content-Type", "application/json");
    request.body = std::move(body);
}

/// Sets the caller, for `PostSession` in the form.
void set_caller(Request& request, const WalkOperation& operation, const std::string& user) {
    if (is_session(operation))
        request.body = "user=" + user + "&password=x";
    else
        set_field(request, "Authorization", user.empty() ? "-" : basic_authorization(user, "x"));
}

bool set_malformed(Request& request, const WalkOperation& operation) {
    if (operation.path.find("{personId}") != std::string::npos) {
        request.target = operation.path;
        replace_all(request.target, "{personId}", "none");
    } else if (request.target.find("blobEntityId=") != std::string::npos) {
        request.target = operation.path + "?blobEntityId=none";
    } else if (operation.path.ends_with("/persons")) {
        request.target += "?limit=0";
    } else if (is_session(operation)) {
        request.body = "user=%zz";
    } else if (body_types(operation) == nullptr) {
        set_field(request, "SO-TimeZone", "Nowhere");
    } else {
        set_json(request, "{");
    }
    return true;
}

bool set_unknown(Request& request, const WalkOperation& operation) {
    if (operation.path.find("{tenant}") != std::string::npos) {
        request.target = operation.path;
        replace_all(request.target, "{tenant}", "no%20tenant");
    } else if (operation.path.find("{personId}") != std::string::npos) {
        request.target = operation.path;
        // A write for an unknown person is 400, one for the ImageInfo of a missing picture 404.
        replace_all(request.target, "{personId}", request.body.empty() ? "99" : "2");
    } else if (request.target.find("blobEntityId=") != std::string::npos) {
        request.target = operation.path + "?blobEntityId=99";
    } else if (const auto* name = takes(operation, "BlobEntityId") ? "BlobEntityId"
                                  : takes(operation, "BlobId")     ? "BlobId"
                                                                   : "PersonId";
               takes(operation, name)) {
        set_json(request, changed_body(operation, name, 99));
    } else {
        return false;
    }
    return true;
}

bool set_too_many_pixels(Request& request, const WalkOperation& operation) {
    const auto picture = make_png_claiming(60'000, 60'000);
    if (!is_agent(operation)) {
        set_field(request, "Content-Type", "image/png");
        request.body = text_of(picture);
        return true;
    }
    const auto* name = takes(operation, "Stream") ? "Stream" : "Image";
    if (!takes(operation, name))
        return false;
    set_json(request, changed_body(operation, name, json::string{base64(picture)}));
    return true;
}

/// A picture with too many pixels to decode, requested at another size.
bool set_too_costly(WalkServer& server, Request& request, const WalkOperation& operation) {
    server.store(make_png_claiming(9'990, 9'990));
    if (operation.method == "GET" || operation.method == "HEAD")
        request.target += "?w=10";
    return true;
}

bool set_failing_test(Request& request) {
    set_field(request, "Content-Type", "application/json-patch+json");
    request.body = R"([{"op": "test", "path": "/Description", "value": "another"}])";
    return true;
}

bool set_refusal(WalkServer& server, Request& request, const WalkOperation& operation, unsigned status) {
    switch (status) {
    case 400: return set_malformed(request, operation);
    case 401: return set_caller(request, operation, is_session(operation) ? "nobody" : ""), true;
    case 403: return set_field(request, "SO-AppToken", "unknown"), true;
    case 404: return set_unknown(request, operation);
    case 409: return set_failing_test(request);
    case 412: return set_field(request, "If-Match", "\"9.9.9\""), true;
    case 413: request.body.clear(); return set_field(request, "Content-Length", "9999999"), true;
    case 415: request.body = "text"; return set_field(request, "Content-Type", "text/plain"), true;
    case 416: return set_field(request, "Range", "bytes=9999999-"), true;
    case 422:
        if (operation.id == "BLOBGetPersonImageWithSize" || operation.path.ends_with("/Image"))
            if (operation.method == "GET" || operation.method == "HEAD" || is_agent(operation))
                return set_too_costly(server, request, operation);
        return set_too_many_pixels(request, operation);
    case 429: return set_caller(request, operation, "busy"), true;
    case 500: return set_caller(request, operation, "broken"), true;
    case 501:
        if (!is_agent(operation))
            request.target += "?w=10";
        return true;
    case 503:
        if (operation.path == "/readyz")
            server.endpoint->set_draining(true);
        else if (operation.method == "GET" || operation.method == "HEAD" ||
                 operation.path.ends_with("/session"))
            set_caller(request, operation, "away");
        else
            server.executor->refuses = true;
        return true;
    case 507: return server.images->full = true, true;
    default: return false;
    }
}

} // namespace

Request example_request(const WalkOperation& operation, std::string_view media_type) {
    Request request{.method = operation.method, .target = operation.path, .fields = {}, .body = {}};
    replace_all(request.target, "{personId}", "1");
    replace_all(request.target, "{tenant}", "Cust12345");
    for (const auto& reference : operation.operation->at("parameters").as_array()) {
        const auto& parameter = resolved(*operation.document, reference).as_object();
        if (parameter.contains("required") && parameter.at("in") == "query")
            request.target += "?" + std::string{parameter.at("name").as_string()} + "=1";
    }
    if (const auto* types = body_types(operation)) {
        const auto type = media_type.empty() ? std::string{types->begin()->key()} : std::string{media_type};
        request.body = body_text(type, types->at(type).as_object());
        request.fields.emplace_back("Content-Type",
                                    type == "multipart/form-data" ? type + "; boundary=b" : type);
    }
    if (is_session(operation))
        request.fields.emplace_back("Authorization", "-");
    return request;
}

std::optional<Request> provocation(WalkServer& server, const WalkOperation& operation, unsigned status,
                                   std::string_view type) {
    auto request = example_request(operation);
    if (!type.empty())
        set_field(request, "Accept", std::string{type});
    if (type == "image/jpeg")
        server.store(make_jpeg());
    if (type == "image/gif")
        server.store(make_gif());
    if (type == "image/tiff")
        server.store(make_tiff());
    switch (status) {
    case 200:
    case 204: return request;
    case 206: set_field(request, "Range", "bytes=0-9"); return request;
    case 303: set_field(request, "Accept", "text/html"); return request;
    case 304: set_field(request, "If-None-Match", "*"); return request;
    default: break;
    }
    if (!set_refusal(server, request, operation, status))
        return std::nullopt;
    return request;
}

RawResponse send(const WalkServer& server, Request request) {
    const bool named = std::any_of(request.fields.begin(), request.fields.end(),
                                   [](const auto& field) { return field.first == "Authorization"; });
    if (!named)
        request.fields.emplace_back("Authorization", basic_authorization("tje0", "Tje0"));
    std::erase_if(request.fields, [](const auto& field) { return field.second == "-"; });
    RawConnection connection{server.port()};
    connection.send(request_text(request.method, request.target, request.fields, request.body));
    return connection.read_response(request.method == "HEAD");
}

} // namespace portrait::testing
