#pragma once

#include <portrait/error.hpp>
#include <portrait/id.hpp>
#include <portrait/image_info.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reports of the maintenance of stores: of a data folder, and of a store in a database.
namespace portrait {

/// Progress of a check, backup or restoration.
struct Progress {
    std::string_view step;   ///< such as "pictures"; a literal
    std::uint64_t done = 0;  ///< bytes of this step
    std::uint64_t total = 0; ///< bytes of this step; 0: unknown
};

/// Called many times a second, on the thread that does the work. False ends the work with `errc::cancelled`.
using ProgressListener = std::function<bool(const Progress&)>;

/// A damage in a store.
struct Damage {
    std::optional<BlobId> blob_id; ///< of the damaged picture; absent for other damages
    std::vector<PersonId> persons; ///< the first ten persons with this picture
    std::string what;              ///< for the operator: place and kind of damage
};

/// The result of a check.
struct CheckReport {
    std::uint64_t pictures = 0;  ///< pictures that match their digests
    std::uint64_t bytes = 0;     ///< of these pictures
    std::vector<Damage> damages; ///< the first thousand
    std::uint64_t damage_count = 0;
    std::uint64_t unreferenced_bytes = 0; ///< of no picture and not waiting to be freed

    bool ok() const noexcept { return damage_count == 0 && unreferenced_bytes == 0; }
};

/// The result of a search for what is left of an erased person.
struct ErasureCheck {
    std::optional<Erasure> erasure; ///< the person's last one; absent: never erased
    bool has_name = false;          ///< whether the person is in the table of persons
    std::vector<std::string> found; ///< one sentence for each part that is still there

    bool ok() const noexcept { return erasure.has_value() && found.empty(); }
};

} // namespace portrait
