#pragma once

#include <portrait/testing/conformance/blobs.hpp>
#include <portrait/testing/conformance/concurrency.hpp>
#include <portrait/testing/conformance/preconditions.hpp>
#include <portrait/testing/conformance/saving.hpp>
#include <portrait/testing/store_factory.hpp>

#include <initializer_list>
#include <span>

namespace portrait::testing {

/// Tests every promise of `ImageStore` but durability. It is a header alone, since it needs the Catch2 (2.13
/// or 3) of your test program. Call it in a `TEST_CASE`; each promise is a section of its own and gets a
/// fresh store:
///
/// ```cpp
/// TEST_CASE("my store keeps the promises of ImageStore") {
///     portrait::testing::image_store_conformance(
///         [](const portrait::testing::StoreSeed& seed) { return make_my_store(seed.first_blob_id); });
/// }
/// ```
///
/// When the factory returns null for a seed with `first_blob_id`, a warning says that the end of the ids
/// isn't tested.
inline void image_store_conformance(const StoreFactory& make_store) {
    using namespace conformance;
    for (const std::span<const Case> cases :
         {std::span<const Case>{saving_cases}, std::span<const Case>{blob_cases},
          std::span<const Case>{precondition_cases}, std::span<const Case>{concurrency_cases}})
        for (const auto& each : cases)
            DYNAMIC_SECTION(each.name) {
                StoreSeed seed;
                if (each.first_blob_id != 0)
                    seed.first_blob_id = BlobId::from(each.first_blob_id).value();
                auto store = make_store(seed);
                if (!store && seed.first_blob_id) {
                    WARN("This store can't begin near the last blob id, so the end of the ids isn't tested");
                } else {
                    REQUIRE(store != nullptr);
                    each.run(store);
                }
            }
}

} // namespace portrait::testing
