#include "entity/documents.hpp"
#include "support/catch.hpp"

#include <portrait/http/problem.hpp>

#include <set>

namespace problem_test {

using namespace portrait;
using namespace portrait::http;

TEST_CASE("every rule of the core has a status of the contract", "[problem]") {
    const std::set<unsigned> allowed{400, 404, 412, 413, 415, 422, 500, 501, 503, 507};
    for (const auto& row : error_rules()) {
        CAPTURE(row.rule);
        for (const auto access : {Access::read, Access::write})
            CHECK(allowed.contains(status_of(row.code, access)));
        if (row.kind == failure::bad_input && row.code != errc::store_not_a_database)
            CHECK(status_of(row.code, Access::write) / 100 == 4);
        if (row.kind == failure::unavailable || row.kind == failure::internal)
            CHECK(status_of(row.code, Access::write) / 100 == 5);
    }
}

TEST_CASE("rules have the contract's statuses", "[problem]") {
    CHECK(status_of(errc::person_unknown, Access::read) == 404);
    CHECK(status_of(errc::person_unknown, Access::write) == 400);
    CHECK(status_of(errc::person_invalid_id, Access::write) == 400);
    CHECK(status_of(errc::image_empty, Access::write) == 400);
    CHECK(status_of(errc::image_unsupported_format, Access::write) == 400);
    CHECK(status_of(errc::image_truncated, Access::write) == 422);
    CHECK(status_of(errc::image_too_many_pixels, Access::write) == 422);
    CHECK(status_of(errc::image_too_many_bytes, Access::write) == 413);
    CHECK(status_of(errc::precondition_failed, Access::write) == 412);
    CHECK(status_of(errc::store_full, Access::write) == 507);
}

TEST_CASE("a status has the contract's ErrorType", "[problem]") {
    for (const unsigned status : {400U, 411U, 413U, 414U, 415U, 416U, 417U, 422U, 431U})
        CHECK(error_type(status) == "SoArgumentException");
    CHECK(error_type(401) == "SoAuthenticationException");
    CHECK(error_type(403) == "SoRightsException");
    CHECK(error_type(404) == "SoNotFoundException");
    CHECK(error_type(405) == "SoNotSupportedException");
    CHECK(error_type(501) == "SoNotSupportedException");
    CHECK(error_type(408) == "SoTimeoutException");
    CHECK(error_type(409) == "SoConcurrencyException");
    CHECK(error_type(412) == "SoConcurrencyException");
    for (const unsigned status : {429U, 503U, 507U})
        CHECK(error_type(status) == "SoUnavailableException");
    CHECK(error_type(500) == "SoInternalException");
}

TEST_CASE("a problem has the error's rule, message and values", "[problem]") {
    const auto problem =
        problem_of(Error{errc::image_too_many_bytes, "m"}.with_limit(11, 10).with_cause("c"), Access::write);
    CHECK(problem.status == 413);
    CHECK(problem.rule == "image.too_many_bytes");
    CHECK(problem.message == "m");
    CHECK(problem.observed == 11U);
    CHECK(problem.limit == 10U);
    CHECK(problem.cause == "c");
    CHECK_FALSE(problem.retry_after.has_value());
    CHECK(problem_of(Error{errc::service_busy}, Access::read).retry_after.has_value());
}

} // namespace problem_test
