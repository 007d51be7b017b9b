#pragma once

#include <portrait/image_store.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace portrait::testing {

/// What the conformance suite demands of a fresh store.
struct StoreSeed {
    /// If given, the first blob of the store has to get this id: for the test of the last ids.
    std::optional<BlobId> first_blob_id{};
};

/// Makes an empty store on each call; what it needs (a folder, a server) lives as long as the pointer. Null:
/// this store can't begin with the seed's blob id.
using StoreFactory = std::function<std::shared_ptr<ImageStore>(const StoreSeed&)>;

} // namespace portrait::testing
