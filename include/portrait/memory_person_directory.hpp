#pragma once

#include <portrait/export.hpp>
#include <portrait/person_directory.hpp>

#include <initializer_list>
#include <map>
#include <shared_mutex>
#include <string>

namespace portrait {

/// Persons in memory, for tests and embedding. Thread-safe.
class PORTRAIT_EXPORT MemoryPersonDirectory final : public PersonDirectory {
public:
    MemoryPersonDirectory() = default;
    /// Persons without names.
    MemoryPersonDirectory(std::initializer_list<PersonId> persons);
    ~MemoryPersonDirectory() override;

    /// Adds a person, or changes the name of one that is in the directory.
    void add(PersonId person_id, std::string full_name = "");
    void remove(PersonId person_id);

    [[nodiscard]] result<bool> contains(PersonId person_id) const override;
    [[nodiscard]] result<std::optional<KnownPerson>> find(PersonId person_id) const override;
    /// Compares up to 10,000 names.
    [[nodiscard]] result<PersonPage> list(const PersonQuery& query) const override;
    [[nodiscard]] result<ForgottenPerson> forget(PersonId person_id) override;

private:
    mutable std::shared_mutex mutex_;
    std::map<PersonId, std::string> persons_; ///< full names by id
};

} // namespace portrait
