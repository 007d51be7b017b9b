#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_info.hpp>

#include <optional>
#include <vector>

namespace portrait {

/// A condition on the stored version: any version at all, or one of a list (an empty list matches nothing).
struct PORTRAIT_EXPORT VersionCondition {
    bool any = false;
    std::vector<ImageVersion> versions{};

    bool holds(const ImageVersion* current) const noexcept;
};

/// What a writer demands of the stored state; a store decides it inside the transaction that writes, so that
/// of two writers who name the same version one loses. Empty: no demand. Contract section 6.
struct PORTRAIT_EXPORT Precondition {
    std::optional<VersionCondition> if_match{};      ///< has to hold
    std::optional<VersionCondition> if_none_match{}; ///< has to not hold
    /// Looked at only without `if_match`, and only when there is a picture; compared in whole seconds.
    std::optional<Timestamp> if_unmodified_since{};

    bool empty() const noexcept { return !if_match && !if_none_match && !if_unmodified_since; }

    /// Success, or `errc::precondition_failed` carrying the current version. `current` is null where there is
    /// no picture.
    [[nodiscard]] result<void> check(const ImageInfo* current) const;
};

} // namespace portrait
