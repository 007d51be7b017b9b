#pragma once

#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/person_directory.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait::sqlite {

class DataFolder;
class SqliteImageStore;

/// A person that may have a picture.
struct Person {
    PersonId id;
    std::string name; ///< the full name; may be empty
};

/// The table of persons in the data folder of a `SqliteImageStore`; see `SqliteImageStore::persons`.
/// Thread-safe.
///
/// Writes join the store's commits and are durable when they return; a write from a completion of the store
/// is `service_busy`. All members have the store's errors: `store_io`, `store_full`, `store_closed`, ….
class PORTRAIT_EXPORT SqlitePersonDirectory final : public PersonDirectory {
public:
    ~SqlitePersonDirectory() override;

    /// Adds a person, or changes the name of one that is in the table.
    [[nodiscard]] result<void> add(PersonId person_id, std::string name);
    /// Adds all persons or, after an error, none.
    [[nodiscard]] result<void> add(std::span<const Person> persons);

    /// Adds the person of an export, unless it is in the table. `person_erased` when it was erased later.
    [[nodiscard]] result<void> add_imported(const Person& person, const ExportMoment& exported);

    [[nodiscard]] result<bool> contains(PersonId person_id) const override;
    [[nodiscard]] result<std::optional<KnownPerson>> find(PersonId person_id) const override;
    /// Runs one query for all persons.
    [[nodiscard]] result<std::vector<std::optional<KnownPerson>>>
    find_all(std::span<const PersonId> persons) const override;
    /// Reads up to 10,000 rows.
    [[nodiscard]] result<PersonPage> list(const PersonQuery& query) const override;
    /// Also notes that the person is forgotten: until it is added again, a save or link for it is
    /// `person_unknown` in the store, even if `contains` was called before.
    [[nodiscard]] result<ForgottenPerson> forget(PersonId person_id) override;
    /// The number of persons.
    [[nodiscard]] result<std::uint64_t> count() const;

private:
    friend class SqliteImageStore;
    explicit SqlitePersonDirectory(std::shared_ptr<DataFolder> folder);

    std::shared_ptr<DataFolder> folder_;
};

} // namespace portrait::sqlite
