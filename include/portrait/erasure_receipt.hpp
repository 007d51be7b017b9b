#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace portrait {

/// What `PersonImageService::erase` did with the person's name.
enum class NameErasure {
    kept,      ///< its erasure wasn't demanded
    forgotten, ///< removed from the directory
    absent,    ///< the directory didn't contain the person
};

/// What was erased of a person, when and by which actor. It has no digest: that would tell its reader which
/// picture the person had.
struct ErasureReceipt {
    PersonId person_id;
    Timestamp at{};
    Actor by{};
    std::string epoch{};     ///< `ImageStore::epoch`; empty for a store without one
    std::int64_t number = 0; ///< of this erasure in the store
    std::vector<BlobId> erased{};
    std::vector<BlobId> kept{}; ///< blobs that other persons are linked to
    NameErasure name = NameErasure::kept;
    /// One sentence for each part that may still be on the disk, with the reason and the remedy.
    std::vector<std::string> unproven{};
};

/// The receipt as one line of JSON, without a line end:
///
///     {"person_id":7,"erased_at":"2026-05-17T09:30:00.125Z","by":{"associate_id":3,"name":"ada"},
///      "store":"5f0c","erasure":4,"erased_blob_ids":[12],"kept_blob_ids":[],"name":"forgotten",
///      "proven":true,"unproven":[]}
PORTRAIT_EXPORT std::string to_json(const ErasureReceipt& receipt);

} // namespace portrait
