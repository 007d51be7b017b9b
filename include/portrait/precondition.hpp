#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_info.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace portrait {

/// A condition on the stored version: any version, or one of a list (an empty list matches nothing).
struct VersionCondition {
    bool any = false;
    std::vector<ImageVersion> versions{};

    /// `current` is null without a picture.
    bool holds(const ImageVersion* current) const noexcept {
        return current && (any || std::find(versions.begin(), versions.end(), *current) != versions.end());
    }
};

/// A writer's condition on the stored state (contract section 6); empty: none. A store checks it inside the
/// writing transaction, so that of two writers with the same version one fails.
struct PORTRAIT_EXPORT Precondition {
    std::optional<VersionCondition> if_match{};      ///< must hold
    std::optional<VersionCondition> if_none_match{}; ///< must not hold
    /// Ignored with `if_match` and without a picture; see `ImageInfo::is_unmodified_since`.
    std::optional<std::chrono::sys_seconds> if_unmodified_since{};

    bool empty() const noexcept { return !if_match && !if_none_match && !if_unmodified_since; }

    /// Success, or `errc::precondition_failed` with the current version. `current` is null without a picture;
    /// `now` is the command's time.
    [[nodiscard]] result<void> check(const ImageInfo* current, Timestamp now) const;
};

} // namespace portrait
