#pragma once

#include <portrait/testing/conformance/blobs.hpp>
#include <portrait/testing/conformance/concurrency.hpp>
#include <portrait/testing/conformance/preconditions.hpp>
#include <portrait/testing/conformance/saving.hpp>
#include <portrait/testing/store_factory.hpp>

#include <initializer_list>
#include <span>

namespace portrait::testing {

/// Tests every promise of `ImageStore` but durability, in the program of your own tests: it needs
/// Catch2, 2.13 or 3, which is why it is a header alone. Call it in a `TEST_CASE`; each promise is a section
/// of its own and gets a fresh store:
///
///     TEST_CASE("my store keeps the promises of ImageStore") {
///         portrait::testing::image_store_conformance(
///             [](const portrait::testing::StoreSeed& seed) { return make_my_store(seed.first_blob_id); });
///     }
///
/// A factory that gives null for a seed with `first_blob_id` is warned of, since the end of the ids isn't
/// tried then.
inline void image_store_conformance(const StoreFactory& make_store) {
    using namespace conformance;
    for (const std::span<const Case> cases :
         {std::span<const Case>{saving_cases}, std::span<const Case>{blob_cases},
          std::span<const Case>{precondition_cases}, std::span<const Case>{concurrency_cases}})
        for (const auto& each : cases)
            DYNAMIC_SECTION(each.name) {
                each.run(make_store);
            }
}

} // namespace portrait::testing
