#include "support/catch.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>

namespace memory_image_store_test {

using namespace portrait;

TEST_CASE("the memory store keeps the promises of ImageStore", "[store][conformance]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit);
    });
}

TEST_CASE("the memory store is always writable", "[store]") {
    CHECK(MemoryImageStore{}.writable().has_value());
}

} // namespace memory_image_store_test
