#pragma once

#include <portrait/testing/conformance/audit.hpp>
#include <portrait/testing/conformance/blobs.hpp>
#include <portrait/testing/conformance/concurrency.hpp>
#include <portrait/testing/conformance/erasure.hpp>
#include <portrait/testing/conformance/last_modified.hpp>
#include <portrait/testing/conformance/listing.hpp>
#include <portrait/testing/conformance/saving.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace portrait::testing {

/// What the conformance suite demands of a fresh store.
struct StoreSeed {
    /// If given, the first blob of the store has to get this id: for the test of the last ids.
    std::optional<BlobId> first_blob_id{};
    /// If not null, the store has to record its writes in this log.
    std::shared_ptr<AuditLog> audit{};
};

/// Makes an empty store on each call; what it needs (a folder, a server) lives as long as the pointer. Null:
/// this store can't do what the seed demands.
using StoreFactory = std::function<std::shared_ptr<ImageStore>(const StoreSeed&)>;

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
/// When the factory returns null for a seed with `first_blob_id` or `audit`, a warning says what isn't
/// tested.
inline void image_store_conformance(const StoreFactory& make_store) {
    using namespace conformance;
    auto store = make_store({});
    REQUIRE(store != nullptr);
    test_reads(store);
    test_replacement(store);
    test_sizes_and_ids(store);
    test_versions_and_submits(store);
    test_shared_blobs(store);
    test_new_blobs(store);
    test_links(store);
    test_removals(store);
    test_texts(store);
    test_conditional_saves(store);
    test_dates_and_versions(store);
    test_last_modified(store);
    test_conditional_changes(store);
    test_concurrent_writers(store);
    test_concurrent_readers(store);
    test_reads_after_writes(store);
    test_many_submits(store);
    test_erasures(store);
    test_imports(store);
    test_fetches(store);
    test_persons_with_image(store);
    SECTION("an audited store") {
        store.reset(); // the factory may allow one store at a time
        const auto log = std::make_shared<RecordingAuditLog>();
        if (auto audited = make_store({.audit = log})) {
            test_audit_records(audited, log);
            test_refused_records(audited, log);
            test_audit_of_concurrent_writers(audited, log);
        } else {
            WARN("This store has no audit log, so its records aren't tested");
        }
    }
    SECTION("a save without a free blob id fails") {
        store.reset();
        if (auto at_the_end = make_store({.first_blob_id = BlobId::from(last_id - 1).value()}))
            test_last_ids(at_the_end);
        else
            WARN("This store can't begin near the last blob id, so the end of the ids isn't tested");
    }
}

} // namespace portrait::testing
