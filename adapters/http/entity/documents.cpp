#include "entity/documents.hpp"

#include "formats/xml.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace portrait::http {

std::string document_text(ResponseType type, std::string_view xml_root, const boost::json::value& document) {
    return is_xml(type) ? xml_text(xml_root, document) : boost::json::serialize(document);
}

void set_document(Response& response, ResponseType type, std::string text) {
    response.set("Content-Type", content_type(type));
    response.set("Vary", "Accept");
    response.body = std::move(text);
}

void set_document(Response& response, ResponseType type, std::string_view xml_root,
                  const boost::json::value& document) {
    set_document(response, type, document_text(type, xml_root, document));
}

std::string_view error_type(unsigned status) noexcept {
    switch (status) {
    case 401: return "SoAuthenticationException";
    case 403: return "SoRightsException";
    case 404: return "SoNotFoundException";
    case 405:
    case 501: return "SoNotSupportedException";
    case 408: return "SoTimeoutException";
    case 409:
    case 412: return "SoConcurrencyException";
    case 429:
    case 503:
    case 507: return "SoUnavailableException";
    default: return status < 500 ? "SoArgumentException" : "SoInternalException";
    }
}

boost::json::object error_document(const Problem& problem) {
    boost::json::object document{{"Error", true},
                                 {"ErrorType", error_type(problem.status)},
                                 {"ErrorMessage", problem.message},
                                 {"ErrorSource", "portrait"},
                                 {"Rule", problem.rule}};
    if (problem.observed)
        document.emplace("Observed", *problem.observed);
    if (problem.limit)
        document.emplace("Limit", *problem.limit);
    return document;
}

} // namespace portrait::http
