#include "support/catch.hpp"
#include "support/store_conformance.hpp"

#include <portrait/memory_image_store.hpp>

using namespace portrait;

TEST_CASE("the memory store keeps the promises of ImageStore", "[store][conformance]") {
    testing::store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<MemoryImageStore>(BlobId::from(seed.first_blob_id).value());
    });
}

TEST_CASE("the memory store always takes writes", "[store]") {
    CHECK(MemoryImageStore{}.writable().has_value());
}
