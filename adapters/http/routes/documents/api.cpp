#include "formats/html.hpp"
#include "headers/field_syntax.hpp"
#include "pictures/image_answers.hpp"
#include "routes/documents/links.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portrait::http {
namespace {

/// Whether Accept prefers HTML over the types of documents.
bool prefers_page(const RequestHead& head) noexcept {
    std::array<std::string_view, response_types.size() + 1> offers{};
    std::transform(response_types.begin(), response_types.end(), offers.begin(), media_type);
    offers.back() = "text/html";
    return best_offer(head, offers) == response_types.size();
}

Response versions_page(const boost::json::object& versions) {
    std::string rows;
    for (const auto& [name, value] : versions) {
        const auto text = html_escaped(value.as_string());
        fmt::format_to(std::back_inserter(rows), "<dt>{}</dt>\n<dd>{}</dd>\n", std::string_view{name},
                       name == "v1" ? fmt::format("<a href=\"{0}\">{0}</a>", text) : text);
    }
    auto page = html_page(200, "portrait", fmt::format("<dl>\n{}</dl>\n", rows));
    page.set("Vary", "Accept");
    return page;
}

/// GET /api (contract section 1): the product, its version, and the URL of the interface's version. A page
/// for a client that prefers HTML.
Begun begin_api(const RequestPointer& request) {
    const Links links{*request};
    const auto versions = api_versions(links.to(get_api_v1));
    if (prefers_page(request->head()))
        return versions_page(versions);
    auto answer = document_answer(request->response_type(), "Api", versions);
    links.set_cache_control(answer);
    return answer;
}

} // namespace

constinit const Route get_api{.method = "GET",
                              .path = "/api",
                              .callers = Callers::visitors,
                              .summary = "The product's version, and where the interface is",
                              .begin = &begin_api,
                              .document = {.subject = "Api", .answers = {{200, BodyContent::versions}}}};

} // namespace portrait::http
