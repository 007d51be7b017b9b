#pragma once

#include <portrait/image_store.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace portrait::testing {

/// What a case of the conformance suite needs of a fresh store.
struct StoreSeed {
    /// When given, the first blob that the store makes has to get this id: for the case that uses up the last
    /// ids. Absent: any.
    std::optional<BlobId> first_blob_id{};
};

/// Makes an empty store, again and again; whatever a store needs (a folder, a server) lives as long as the
/// pointer. Null says that this store can't begin where the seed wants it to.
using StoreFactory = std::function<std::shared_ptr<ImageStore>(const StoreSeed&)>;

} // namespace portrait::testing
