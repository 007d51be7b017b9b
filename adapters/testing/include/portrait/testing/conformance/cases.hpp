#pragma once

#include <portrait/testing/conformance/catch.hpp>
#include <portrait/testing/store_commands.hpp>
#include <portrait/testing/store_factory.hpp>

/// What the parts of the conformance suite share; see image_store_conformance.hpp.
namespace portrait::testing::conformance {

struct Case {
    const char* name;
    void (*run)(const StoreFactory&);
};

inline SavedImage save(ImageStore& store, SaveTarget target, std::uint32_t seed, int seconds = 0) {
    auto saved = store.save(save_command(target, seed, seconds));
    REQUIRE(saved.has_value());
    return *saved;
}

/// An id that no blob of this store has or will ever have: one that was erased.
inline BlobId gone_blob(ImageStore& store) {
    const auto blob_id = save(store, NewBlob{}, 1).blob_id();
    REQUIRE(
        store.remove({.target = blob_id, .actor = actor(1), .now = at(0), .precondition = {}}).has_value());
    return blob_id;
}

} // namespace portrait::testing::conformance
