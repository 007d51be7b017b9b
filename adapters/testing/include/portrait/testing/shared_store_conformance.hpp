#pragma once

#include <portrait/testing/conformance/several_stores.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace portrait::testing {

/// Makes two objects of one empty store on each call, as two servers have them. What they need lives as long
/// as the pointers.
using StoresFactory = std::function<std::vector<std::shared_ptr<ImageStore>>()>;

/// Tests what an `ImageStore` has to promise beside `image_store_conformance` when several processes use one
/// store: what one object has answered, the other one reads and decides by, and no id, version or date
/// repeats. Call it in a `TEST_CASE` of your test program, which needs Catch2 (2.13 or 3):
///
/// ```cpp
/// TEST_CASE("two servers can share my store") {
///     portrait::testing::shared_store_conformance([] {
///         const auto database = make_my_database();
///         return std::vector{make_my_store(database), make_my_store(database)};
///     });
/// }
/// ```
inline void shared_store_conformance(const StoresFactory& make_stores) {
    using namespace conformance;
    const auto stores = make_stores();
    REQUIRE(stores.size() == 2);
    test_reads_of_other_stores(*stores[0], *stores[1]);
    test_decisions_by_other_stores(*stores[0], *stores[1]);
    test_numbers_of_other_stores(*stores[0], *stores[1]);
    test_removals_by_other_stores(*stores[0], *stores[1]);
    test_races_of_stores(*stores[0], *stores[1]);
}

} // namespace portrait::testing
