#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

namespace portrait {

/// Port: the existing persons. Implement it for your own persons. Thread-safe; may block.
class PORTRAIT_EXPORT PersonDirectory {
public:
    virtual ~PersonDirectory() = default;

    /// Whether the person exists. Errors: `store_io`, `service_busy` and others when that can't be read.
    [[nodiscard]] virtual result<bool> contains(PersonId person_id) const = 0;
};

/// Contains every valid id. Thread-safe.
class PORTRAIT_EXPORT AnyPersonDirectory final : public PersonDirectory {
public:
    [[nodiscard]] result<bool> contains(PersonId) const override { return true; }
};

} // namespace portrait
