#pragma once

#include <portrait/export.hpp>
#include <portrait/person_table.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait::sqlite {

class DataFolder;
class SqliteImageStore;

/// The table of persons in the data folder of a `SqliteImageStore`; see `SqliteImageStore::persons`.
/// Thread-safe.
///
/// Writes join the store's commits and are durable when they return; a write from a completion of the store
/// is `service_busy`. All members have the store's errors: `store_io`, `store_full`, `store_closed`, ….
class PORTRAIT_EXPORT SqlitePersonDirectory final : public PersonTable {
public:
    ~SqlitePersonDirectory() override;

    using PersonTable::add;
    [[nodiscard]] result<void> add(std::span<const KnownPerson> persons) override;
    [[nodiscard]] result<void> add_imported(const KnownPerson& person, const ExportMoment& exported) override;

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
    [[nodiscard]] result<std::uint64_t> count() const override;

private:
    friend class SqliteImageStore;
    explicit SqlitePersonDirectory(std::shared_ptr<DataFolder> folder);

    std::shared_ptr<DataFolder> folder_;
};

} // namespace portrait::sqlite
