#pragma once

#include <portrait/export.hpp>
#include <portrait/person_directory.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace portrait::sqlite {

class DataFolder;
class SqliteImageStore;

/// A person that may have a picture.
struct Person {
    PersonId id;
    std::string name; ///< for people who look at the table; nothing depends on it
};

/// The table of persons in the data folder of a `SqliteImageStore`, which hands it out. Thread-safe.
///
/// Writes join the store's commits and are durable when they return; a write from a store's completion is
/// `service_busy`. Errors of all members are those of the store: `store_io`, `store_full`, `store_closed`, ….
class PORTRAIT_EXPORT SqlitePersonDirectory final : public PersonDirectory {
public:
    ~SqlitePersonDirectory() override;

    /// Adds a person; one who is there already gets the new name.
    [[nodiscard]] result<void> add(PersonId person_id, std::string name);
    /// Adds all of them or, on an error, none. The span may be gone after the call.
    [[nodiscard]] result<void> add(std::span<const Person> persons);

    [[nodiscard]] result<bool> contains(PersonId person_id) const override;
    /// How many persons there are.
    [[nodiscard]] result<std::uint64_t> count() const;

private:
    friend class SqliteImageStore;
    explicit SqlitePersonDirectory(std::shared_ptr<DataFolder> folder);

    std::shared_ptr<DataFolder> folder_;
};

} // namespace portrait::sqlite
