#include "formats/html.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <utility>

namespace portrait::http {

std::string html_escaped(std::string_view text) {
    std::string html{text};
    for (const auto& [character, reference] :
         {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}})
        boost::replace_all(html, character, reference); // & first: the others add more of it
    return html;
}

Response html_page(unsigned status, std::string_view title, std::string_view content) {
    Response response;
    response.status = status;
    response.set("Content-Type", "text/html; charset=utf-8");
    response.set("Cache-Control", "no-store");
    response.set("Content-Security-Policy",
                 "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    response.set("X-Frame-Options", "DENY");
    response.set("X-Content-Type-Options", "nosniff");
    // Not no-referrer: browsers would hide the form's origin, which `judge_cross_site_write` needs.
    response.set("Referrer-Policy", "same-origin");
    response.body = fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                                "<meta name=\"color-scheme\" content=\"light dark\">\n"
                                "<title>{0}</title>\n</head>\n<body>\n<h1>{0}</h1>\n{1}</body>\n</html>\n",
                                title, content);
    return response;
}

} // namespace portrait::http
