#include "support/catch.hpp"

#include "client/connection.hpp"
#include "postgres_server.hpp"

#include <chrono>
#include <memory>

namespace postgres_connection_test {

using namespace portrait;             // NOLINT(google-build-using-namespace)
using namespace portrait::postgres;   // NOLINT(google-build-using-namespace)
using namespace portrait::testing;    // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals; // NOLINT(google-build-using-namespace)

TEST_CASE("a connection is usable after a failure of any statement of a group", "[postgres][client]") {
    static constexpr Statement first{"first", "SELECT 1"};
    static constexpr Statement failing{"failing", "SELECT 1 / (SELECT 0)"};
    static constexpr Statement wrong{"wrong", "SELECT * FROM no_such_table"};
    static constexpr Statement skipped{"skipped", "SELECT 2"};
    const auto soon = Deadline::clock::now() + 30s;
    auto opened = Connection::open(shared_postgres().connection(), {}, {}, "public", soon);
    REQUIRE(opened.has_value());
    auto& connection = **opened;
    REQUIRE(connection.run(first, {}, soon).has_value());

    // After a failure the statements behind it are skipped, and so are their preparations.
    for (const auto* const statement : {&failing, &wrong}) {
        for (const auto* const each : {&first, statement, &skipped, &first})
            REQUIRE(connection.send(*each).has_value());
        const auto failed = connection.finish_group(soon);
        REQUIRE(failed.has_error());
        CHECK(failed.error().state == (statement == &failing ? "22012" : "42P01"));
        for (const auto* const each : {&first, &skipped}) {
            const auto outcome = connection.run(*each, {}, soon);
            INFO((outcome ? "" : outcome.error().message));
            CHECK(outcome.has_value());
        }
    }
    CHECK(connection.unanswered() == 0);
}

} // namespace postgres_connection_test
