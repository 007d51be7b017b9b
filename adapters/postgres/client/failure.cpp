#include "client/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace portrait::postgres {
namespace {

errc code_of(const Failure& failure) noexcept {
    if (failure.is_lost() || failure.is_of_class("08") || failure.is_of_class("57") ||
        failure.is_one_of({"25006", "53300"})) // no primary, or too many connections
        return errc::store_unreachable;
    if (failure.is_one_of({"53100"}))
        return errc::store_full;
    if (is_worth_a_retry(failure) || failure.is_of_class("53"))
        return errc::service_busy;
    if (failure.is_of_class("XX00"))
        return errc::store_corrupt;
    return errc::store_io;
}

} // namespace

bool Failure::is_one_of(std::initializer_list<std::string_view> states) const noexcept {
    return std::find(states.begin(), states.end(), state) != states.end();
}

Error error_of(const Failure& failure) {
    return Error{code_of(failure)}.with_cause(
        failure.is_lost() ? failure.message
                          : fmt::format("PostgreSQL, SQLSTATE {}: {}", failure.state, failure.message));
}

bool is_worth_a_retry(const Failure& failure) noexcept {
    // Serialization failure, deadlock, lock timeout, and the end of an idle transaction.
    return failure.is_one_of({"40001", "40P01", "55P03", "25P03"});
}

bool is_outdated(const Failure& failure) noexcept {
    return failure.is_one_of({"0A000", "26000"});
}

void throw_exception_from_error(const Failure& failure, const boost::source_location& /*where*/) {
    throw std::logic_error{"portrait::postgres: a failure was taken for a value: " + failure.message};
}

} // namespace portrait::postgres
