#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/person_directory.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace portrait {

/// Port: a directory of persons that portrait keeps itself, such as the table of persons in a store.
/// Thread-safe; may block. Its writes are durable when they return, and have the store's errors.
///
/// ```cpp
/// const std::shared_ptr<PersonTable> persons = store->persons();
/// if (const auto added = persons->add(PersonId::from(7).value(), "Kari Nordmann"); !added)
///     return report(added.error());
/// ```
class PORTRAIT_EXPORT PersonTable : public PersonDirectory {
public:
    ~PersonTable() override;

    /// Adds a person, or changes the name of one that is in the table.
    [[nodiscard]] result<void> add(PersonId person_id, std::string full_name);
    /// Adds all persons or, after an error, none. Of their names only the full ones are kept.
    [[nodiscard]] virtual result<void> add(std::span<const KnownPerson> persons) = 0;
    /// Adds the person of an export, unless it is in the table. `person_erased` when it was erased later.
    [[nodiscard]] virtual result<void> add_imported(const KnownPerson& person,
                                                    const ExportMoment& exported) = 0;
    /// The number of persons.
    [[nodiscard]] virtual result<std::uint64_t> count() const = 0;
};

} // namespace portrait
