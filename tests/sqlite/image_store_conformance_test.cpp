#include "store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/testing/image_store_conformance.hpp>

namespace image_store_conformance_test {

using namespace portrait;
using namespace portrait::testing;

TEST_CASE("the embedded store keeps the promises of ImageStore", "[sqlite][store][conformance]") {
    image_store_conformance([](const StoreSeed& seed) {
        struct Kept {
            TemporaryFolder folder;
            std::unique_ptr<SqliteImageStore> store;
        };
        const auto kept = std::make_shared<Kept>();
        const auto data = kept->folder / "data";
        if (seed.first_blob_id) {
            open_store(data).reset();
            run_sql(data / "portrait.db",
                    "UPDATE counters SET last_blob_id = " + std::to_string(seed.first_blob_id->value() - 1));
        }
        SqliteOptions options{.folder = data};
        options.audit = seed.audit;
        kept->store = open_store(std::move(options));
        return std::shared_ptr<ImageStore>{kept, kept->store.get()};
    });
}

} // namespace image_store_conformance_test
