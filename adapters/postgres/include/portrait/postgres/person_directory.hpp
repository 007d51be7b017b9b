#pragma once

#include <portrait/export.hpp>
#include <portrait/person_table.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait::postgres {

class Database;
class PostgresImageStore;

/// The table of persons of a `PostgresImageStore`; see `PostgresImageStore::persons`. Thread-safe; has the
/// store's errors.
class PORTRAIT_EXPORT PostgresPersonDirectory final : public PersonTable {
public:
    ~PostgresPersonDirectory() override;

    using PersonTable::add;
    [[nodiscard]] result<void> add(std::span<const KnownPerson> persons) override;
    [[nodiscard]] result<void> add_imported(const KnownPerson& person, const ExportMoment& exported) override;

    [[nodiscard]] result<bool> contains(PersonId person_id) const override;
    /// Doesn't block.
    void ask(PersonId person_id, Completion<bool> completion) const override;
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
    friend class PostgresImageStore;
    explicit PostgresPersonDirectory(std::shared_ptr<Database> database);

    std::shared_ptr<Database> database_;
};

} // namespace portrait::postgres
