#include "error_document.hpp"

namespace portrait::http {

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
