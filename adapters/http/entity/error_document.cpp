#include "entity/error_document.hpp"

namespace portrait::http {

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
