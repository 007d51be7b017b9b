#pragma once

#include <portrait/testing/conformance/catch.hpp>
#include <portrait/testing/store_commands.hpp>
#include <portrait/testing/store_factory.hpp>

/// Shared by the parts of the conformance suite; see image_store_conformance.hpp.
namespace portrait::testing::conformance {

using Store = std::shared_ptr<ImageStore>;

struct Case {
    const char* name;
    void (*run)(Store&);
    std::int32_t first_blob_id = 0; ///< 0: any
};

inline SavedImage save(ImageStore& store, SaveTarget target, std::uint32_t seed, int seconds = 0) {
    auto saved = store.save(save_command(target, seed, seconds));
    REQUIRE(saved.has_value());
    return *saved;
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
