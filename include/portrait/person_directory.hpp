#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <string>
#include <vector>

namespace portrait {

/// The outcome of `PersonDirectory::forget`.
struct ForgottenPerson {
    bool existed = false; ///< whether the directory contained the person
    /// One sentence for each part that may still be on the disk, with the reason and the remedy.
    std::vector<std::string> unproven{};
};

/// Port: the existing persons. Implement it for your own persons. Thread-safe; may block.
class PORTRAIT_EXPORT PersonDirectory {
public:
    virtual ~PersonDirectory() = default;

    /// Whether the person exists. Errors: `store_io`, `service_busy` and others when that can't be read.
    [[nodiscard]] virtual result<bool> contains(PersonId person_id) const = 0;

    /// Removes the person with its name, from the disk too; for `PersonImageService::erase`. The default is
    /// `person_kept_elsewhere`.
    [[nodiscard]] virtual result<ForgottenPerson> forget(PersonId person_id);
};

/// Contains every valid id, without names. Thread-safe.
class PORTRAIT_EXPORT AnyPersonDirectory final : public PersonDirectory {
public:
    [[nodiscard]] result<bool> contains(PersonId) const override { return true; }
};

} // namespace portrait
