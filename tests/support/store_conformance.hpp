#pragma once

#include <portrait/image_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace portrait::testing {

/// What a case needs of a fresh store.
struct StoreSeed {
    std::int32_t first_blob_id = 1; ///< the first blob that the store makes gets this id
};

/// Makes an empty store; whatever it needs (a folder, a server) lives as long as the pointer.
using StoreFactory = std::function<std::shared_ptr<ImageStore>(const StoreSeed&)>;

/// Tests every promise of `ImageStore` but durability. Call it in a `TEST_CASE`; each promise is a section of
/// its own:
///
///     TEST_CASE("my store keeps the promises of ImageStore") {
///         portrait::testing::store_conformance([](const StoreSeed& seed) { return make_my_store(seed); });
///     }
void store_conformance(const StoreFactory& make_store);

} // namespace portrait::testing
