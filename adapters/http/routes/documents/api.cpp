#include "formats/html.hpp"
#include "pictures/image_answers.hpp"
#include "routes/documents/links.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/table.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace portrait::http {
namespace {

Response versions_page(const boost::json::object& versions) {
    std::string rows;
    for (const auto& [name, value] : versions) {
        if (!value.is_string())
            continue;
        const auto text = html_escaped(value.as_string());
        fmt::format_to(std::back_inserter(rows), "<dt>{}</dt>\n<dd>{}</dd>\n", std::string_view{name},
                       name == "v1" ? fmt::format("<a href=\"{0}\">{0}</a>", text) : text);
    }
    auto page = html_page(200, "portrait", fmt::format("<dl>\n{}</dl>\n", rows));
    page.set("Vary", "Accept");
    return page;
}

/// GET /api (contract section 1): the product, its version, the URL of the interface's version, and which
/// pictures are accepted. A page without the latter for a client that prefers HTML.
Begun begin_api(const RequestPointer& request) {
    const Links links{*request};
    const auto versions = api_versions(links.to(get_api_v1), request->service().limits(),
                                       converted_formats(request->options()));
    if (request->prefers_html())
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
