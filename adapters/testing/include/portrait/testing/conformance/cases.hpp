#pragma once

#include <portrait/image_store.hpp>
#include <portrait/testing/conformance/catch.hpp>
#include <portrait/testing/store_commands.hpp>

#include <memory>
#include <string>
#include <utility>

/// Shared by the parts of the conformance suite; see image_store_conformance.hpp.
namespace portrait::testing::conformance {

using Store = std::shared_ptr<ImageStore>;

/// The value of a result that must be a success.
template<class T>
T value_of(result<T> outcome) {
    REQUIRE(outcome.has_value());
    return *std::move(outcome);
}

inline SavedImage save(ImageStore& store, SaveTarget target, std::uint32_t seed, int seconds = 0) {
    return value_of(store.save(save_command(target, seed, seconds)));
}

inline RemoveImage removal_of(ImageKey target) {
    return {.target = target, .actor = actor(8), .now = at(99), .precondition = {}};
}

inline UpdateImageInfo description_of(ImageKey target, std::string text) {
    return {.target = target,
            .description = std::move(text),
            .extra_info = {},
            .conceptual_type = {},
            .expected_blob_id = {},
            .actor = actor(6),
            .now = at(50),
            .precondition = {}};
}

inline VersionCondition any_version() {
    return {.any = true, .versions = {}};
}

/// The id of a blob that was erased: no other blob gets it.
inline BlobId gone_blob(ImageStore& store) {
    const auto blob_id = save(store, NewBlob{}, 1).blob_id();
    REQUIRE(store.remove(removal_of(blob_id)).has_value());
    return blob_id;
}

} // namespace portrait::testing::conformance
