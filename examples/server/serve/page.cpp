#include "serve/page.hpp"

#include <portrait/digest.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_format.hpp>

#include <fmt/format.h>

#include <functional>
#include <future>
#include <memory>
#include <semaphore>
#include <span>
#include <string>
#include <utility>

namespace portrait_server {
namespace {

using portrait::http::Access;
using portrait::http::HostRequest;
using portrait::http::HostRoute;
using portrait::http::ProblemOr;
using portrait::http::Response;

constexpr std::uint32_t preview_side = 1024; // pixels
constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".js"))
        return "text/javascript; charset=utf-8";
    if (name.ends_with(".css"))
        return "text/css; charset=utf-8";
    if (name.ends_with(".svg"))
        return "image/svg+xml";
    return "text/html; charset=utf-8";
}

/// Browsers keep the file, and ask whether it is still the present one.
HostRoute file_route(std::string path, const PageFile& file) {
    auto tag = fmt::format("\"{}\"", portrait::digest_of(std::as_bytes(std::span{file.text})).to_string());
    return {.method = "GET",
            .path = std::move(path),
            .needs_caller = false,
            .answer = [file, tag = std::move(tag)](const HostRequest& request) -> ProblemOr<Response> {
                Response response;
                response.set("ETag", tag);
                response.set("Cache-Control", "no-cache");
                const auto* const known = request.head.find("If-None-Match");
                if (known != nullptr && known->find(tag) != std::string_view::npos) {
                    response.status = 304;
                    return response;
                }
                response.set("Content-Type", type_of(file.name));
                response.set("Content-Security-Policy", content_policy);
                response.set("X-Content-Type-Options", "nosniff");
                response.set("Referrer-Policy", "same-origin");
                response.body = std::string{file.text};
                return response;
            }};
}

Response see_other(const std::string& location) {
    Response response;
    response.status = 303;
    response.set("Location", location);
    return response;
}

/// The page itself. Its links are relative to `ui/`, so that its own URL needs the slash.
HostRoute index_route(const std::string& base_path, const PageFile& file) {
    auto route = file_route("/ui/", file);
    route.answer = [to = base_path + "/ui/",
                    page = std::move(route.answer)](const HostRequest& request) -> ProblemOr<Response> {
        const auto path = request.head.target.substr(0, request.head.target.find('?'));
        return path.ends_with('/') ? page(request) : see_other(to);
    };
    return route;
}

HostRoute start_route(const std::string& base_path) {
    return {.method = "GET",
            .path = "/",
            .needs_caller = false,
            .answer = [to = base_path + "/ui/"](const HostRequest& request) -> ProblemOr<Response> {
                if (!request.prefers_html)
                    return portrait::http::plain_problem(404, "request.unknown_path",
                                                         "There is nothing at this path; the page is at ui/");
                auto response = see_other(to);
                response.set("Vary", "Accept");
                return response;
            }};
}

HostRoute robots_route() {
    return {.method = "GET", .path = "/robots.txt", .needs_caller = false, .answer = [](const HostRequest&) {
                Response response;
                response.set("Content-Type", "text/plain; charset=utf-8");
                response.body = std::string{"User-agent: *\nDisallow: /\n"};
                return response;
            }};
}

/// Waits for the outcome of a function that takes a completion.
template<class Value>
portrait::result<Value> outcome_of(const std::function<void(portrait::Completion<Value>)>& submit) {
    // Shared, since the other thread may be in `set_value` after the outcome has been taken.
    auto promise = std::make_shared<std::promise<portrait::result<Value>>>();
    auto outcome = promise->get_future();
    submit([promise](portrait::result<Value> made) { promise->set_value(std::move(made)); });
    return outcome.get();
}

/// A picture that was sent, in a size and type that every browser shows.
portrait::result<portrait::RenderedImage> preview_of(const HostRequest& request, const PageParts& parts) {
    if (parts.renderer == nullptr)
        return portrait::Error{portrait::errc::rendition_not_supported,
                               "This server doesn't render pictures that browsers can't show"};
    const portrait::RenderCaller caller{request.head.stop,
                                        portrait::http::client_network(request.head.remote_address)};
    auto picture =
        outcome_of<portrait::ImageBytes>([&](portrait::Completion<portrait::ImageBytes> completion) {
            portrait::convert_upload(parts.converter.get(), request.body, parts.service->limits(), caller,
                                     std::move(completion));
        });
    if (!picture)
        return picture.error();
    const auto inspected = parts.service->inspect(picture->view());
    if (!inspected)
        return inspected.error();
    const portrait::Rendition wanted{
        .width = preview_side, .height = preview_side, .format = portrait::ImageFormat::png};
    const portrait::RenderImage job{
        .bytes = *std::move(picture), .header = inspected->header, .rendition = wanted, .stop = caller.stop};
    return outcome_of<portrait::RenderedImage>([&](portrait::Completion<portrait::RenderedImage> completion) {
        parts.renderer->submit({.read = [job]() -> portrait::result<portrait::RenderImage> { return job; },
                                .stop = caller.stop,
                                .client = caller.client},
                               std::move(completion));
    });
}

/// Answers a picture that was sent as a PNG for the page. Nothing is stored. The request occupies a thread of
/// the store while it is rendered, so that only a few may at a time.
HostRoute preview_route(PageParts parts) {
    constexpr std::ptrdiff_t most_previews = 2;
    auto free = std::make_shared<std::counting_semaphore<most_previews>>(most_previews);
    const auto limit = parts.service->limits().max_bytes;
    auto answer = [parts = std::move(parts), free](const HostRequest& request) -> ProblemOr<Response> {
        if (!free->try_acquire())
            return portrait::http::try_again("service.busy", "Too many pictures are previewed at this time");
        // Also released when an exception ends the preview.
        const std::shared_ptr<void> held{nullptr, [&free](void*) { free->release(); }};
        const auto image = preview_of(request, parts);
        if (!image)
            return problem_of(image.error(), Access::write);
        Response response;
        response.set("Content-Type", portrait::media_type(image->format));
        response.set("Cache-Control", "no-store");
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Content-Security-Policy", "default-src 'none'");
        response.body = image->bytes;
        return response;
    };
    return {.method = "POST",
            .path = "/ui/preview",
            .access = Access::write,
            .body_limit = limit,
            .answer = std::move(answer)};
}

} // namespace

std::vector<HostRoute> page_routes(const std::string& base_path, PageParts parts) {
    std::vector<HostRoute> routes{start_route(base_path), robots_route()};
    for (const auto& file : page_files()) {
        if (file.name == "index.html")
            routes.push_back(index_route(base_path, file));
        else if (file.name == "icon.svg")
            routes.push_back(file_route("/favicon.ico", file));
        else
            routes.push_back(file_route(fmt::format("/ui/{}", file.name), file));
    }
    routes.push_back(preview_route(std::move(parts)));
    return routes;
}

} // namespace portrait_server
