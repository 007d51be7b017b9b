#pragma once

#include <portrait/export.hpp>
#include <portrait/person_directory.hpp>

#include <initializer_list>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

namespace portrait {

/// Persons in memory, for tests and embedding. Thread-safe.
class PORTRAIT_EXPORT MemoryPersonDirectory final : public PersonDirectory {
public:
    MemoryPersonDirectory() = default;
    MemoryPersonDirectory(std::initializer_list<PersonId> persons)
        : persons_{persons} {}

    void add(PersonId person_id) {
        const std::unique_lock lock{mutex_};
        persons_.insert(person_id);
    }
    void remove(PersonId person_id) {
        const std::unique_lock lock{mutex_};
        persons_.erase(person_id);
    }
    [[nodiscard]] result<bool> contains(PersonId person_id) const override {
        const std::shared_lock lock{mutex_};
        return persons_.contains(person_id);
    }

    [[nodiscard]] result<ForgottenPerson> forget(PersonId person_id) override {
        const std::unique_lock lock{mutex_};
        return ForgottenPerson{.existed = persons_.erase(person_id) != 0};
    }

private:
    mutable std::shared_mutex mutex_;
    std::unordered_set<PersonId> persons_;
};

} // namespace portrait
