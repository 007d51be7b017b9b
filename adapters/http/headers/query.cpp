#include "headers/query.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/format.h>

namespace portrait::http {

std::string query_value(const boost::urls::url_view& url, std::string_view name) {
    std::string value;
    for (const auto& parameter : url.params())
        if (equal_ignoring_case(parameter.key, name))
            value = parameter.value;
    return value;
}

Problem bad_parameter(std::string_view rule, std::string_view name, std::string_view value,
                      std::string_view accepted) {
    return plain_problem(400, rule,
                         fmt::format("The query parameter {} is not valid: {}; {} accepted", name,
                                     in_quotes(value), accepted));
}

} // namespace portrait::http
