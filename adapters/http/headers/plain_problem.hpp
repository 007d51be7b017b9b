#pragma once

#include <portrait/http/problem.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

/// A problem with only status, rule (of static storage) and message.
inline Problem plain_problem(unsigned status, std::string_view rule, std::string message) {
    Problem problem;
    problem.status = status;
    problem.rule = rule;
    problem.message = std::move(message);
    return problem;
}

/// A problem with the observed value and the limit, too.
inline Problem limit_problem(unsigned status, std::string_view rule, std::string message,
                             std::uint64_t observed, std::uint64_t limit) {
    auto problem = plain_problem(status, rule, std::move(message));
    problem.observed = observed;
    problem.limit = limit;
    return problem;
}

} // namespace portrait::http
