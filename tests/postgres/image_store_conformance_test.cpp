#include "support/catch.hpp"

#include "store_fixture.hpp"

#include <portrait/testing/image_store_conformance.hpp>
#include <portrait/testing/person_directory_conformance.hpp>
#include <portrait/testing/shared_store_conformance.hpp>

namespace postgres_conformance_test {

using namespace portrait;          // NOLINT(google-build-using-namespace)
using namespace portrait::testing; // NOLINT(google-build-using-namespace)

TEST_CASE("the store in PostgreSQL keeps the promises of ImageStore", "[postgres][store][conformance]") {
    image_store_conformance([](const StoreSeed& seed) -> std::shared_ptr<ImageStore> {
        const auto schema = PostgresServer::new_schema();
        if (seed.first_blob_id) {
            open_store(schema).reset();
            shared_postgres().run("SELECT setval('" + schema + ".blob_id', " +
                                  std::to_string(seed.first_blob_id->value()) + ", false)");
        }
        return open_store(schema, {.audit = seed.audit});
    });
}

TEST_CASE("two stores on one PostgreSQL keep the promises of a shared store",
          "[postgres][store][conformance]") {
    shared_store_conformance([] {
        const auto schema = PostgresServer::new_schema();
        return std::vector<std::shared_ptr<ImageStore>>{open_store(schema), open_store(schema)};
    });
}

TEST_CASE("the table of persons in PostgreSQL keeps the promises of PersonDirectory",
          "[postgres][persons][conformance]") {
    person_directory_conformance([]() -> TestedDirectory {
        const std::shared_ptr<PostgresImageStore> store = open_store(PostgresServer::new_schema());
        const auto directory = store->persons();
        return {directory, [directory](PersonId id, std::string name) {
                    REQUIRE(directory->add(id, std::move(name)).has_value());
                }};
    });
}

} // namespace postgres_conformance_test
