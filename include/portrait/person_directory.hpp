#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

namespace portrait {

/// Port: who exists. An embedding service plugs its own persons in. Thread-safe; may block.
class PORTRAIT_EXPORT PersonDirectory {
public:
    virtual ~PersonDirectory() = default;

    /// Whether the person exists. Errors say that it couldn't be found out (`store_io`, `service_busy`, …).
    [[nodiscard]] virtual result<bool> contains(PersonId person_id) const = 0;
};

/// Every valid id is a person. Thread-safe.
class PORTRAIT_EXPORT AnyPersonDirectory final : public PersonDirectory {
public:
    [[nodiscard]] result<bool> contains(PersonId person_id) const override;
};

} // namespace portrait
