#include <portrait/sqlite/person_directory.hpp>

#include "folder/data_folder.hpp"
#include "rows/erasures.hpp"

#include <utility>

namespace portrait::sqlite {

SqlitePersonDirectory::SqlitePersonDirectory(std::shared_ptr<DataFolder> folder)
    : folder_{std::move(folder)} {}

SqlitePersonDirectory::~SqlitePersonDirectory() = default;

result<void> SqlitePersonDirectory::add(PersonId person_id, std::string name) {
    const Person person{person_id, std::move(name)};
    return add(std::span{&person, 1});
}

result<void> SqlitePersonDirectory::add(std::span<const Person> persons) {
    // The span stays valid, because the caller waits.
    return folder_->committer().run<void>([persons](Transaction& transaction) -> result<void> {
        auto& connection = transaction.connection;
        for (const auto& person : persons) {
            PORTRAIT_TRY(connection.run("INSERT INTO person (person_id, name) VALUES (?, ?) "
                                        "ON CONFLICT (person_id) DO UPDATE SET name = excluded.name",
                                        person.id.value(), person.name));
            PORTRAIT_TRY(
                connection.run("DELETE FROM forgotten_person WHERE person_id = ?", person.id.value()));
        }
        return {};
    });
}

result<void> SqlitePersonDirectory::add_imported(const Person& person, const ExportMoment& exported) {
    PORTRAIT_TRY_GET(known, contains(person.id));
    if (known)
        return {};
    return folder_->committer().run<void>([&](Transaction& transaction) -> result<void> {
        auto& connection = transaction.connection;
        PORTRAIT_TRY(check_not_erased_since(connection, person.id, exported));
        PORTRAIT_TRY(connection.run("INSERT OR IGNORE INTO person (person_id, name) VALUES (?, ?)",
                                    person.id.value(), std::string_view{person.name}));
        return connection.run("DELETE FROM forgotten_person WHERE person_id = ?", person.id.value());
    });
}

result<bool> SqlitePersonDirectory::contains(PersonId person_id) const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    return connection->has_row("SELECT 1 FROM person WHERE person_id = ?", person_id.value());
}

result<std::uint64_t> SqlitePersonDirectory::count() const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    PORTRAIT_TRY_GET(count, connection->integer("SELECT count(*) FROM person"));
    return static_cast<std::uint64_t>(count);
}

} // namespace portrait::sqlite
