#include <portrait/sqlite/person_directory.hpp>

#include "folder/data_folder.hpp"

#include <string_view>
#include <utility>

namespace portrait::sqlite {

namespace {

[[nodiscard]] result<void> insert_persons(Connection& connection, std::span<const Person> persons) {
    for (const auto& person : persons) {
        auto added = connection
                         .query("INSERT INTO person (person_id, name) VALUES (?, ?) "
                                "ON CONFLICT (person_id) DO UPDATE SET name = excluded.name")
                         .bind(person.id.value())
                         .bind(std::string_view{person.name})
                         .run();
        if (!added)
            return added;
    }
    return {};
}

} // namespace

SqlitePersonDirectory::SqlitePersonDirectory(std::shared_ptr<DataFolder> folder)
    : folder_{std::move(folder)} {}

SqlitePersonDirectory::~SqlitePersonDirectory() = default;

result<void> SqlitePersonDirectory::add(PersonId person_id, std::string name) {
    const Person person{person_id, std::move(name)};
    return add(std::span{&person, 1});
}

result<void> SqlitePersonDirectory::add(std::span<const Person> persons) {
    // The caller waits, so the span stays.
    return folder_->committer().run<void>(
        [persons](Transaction& transaction) { return insert_persons(transaction.connection, persons); });
}

result<bool> SqlitePersonDirectory::contains(PersonId person_id) const {
    const auto connection = folder_->readers().take();
    if (!connection)
        return connection.error();
    auto query = (**connection).query("SELECT 1 FROM person WHERE person_id = ?");
    return query.bind(person_id.value()).next();
}

result<std::uint64_t> SqlitePersonDirectory::count() const {
    const auto connection = folder_->readers().take();
    if (!connection)
        return connection.error();
    const auto count = (**connection).integer("SELECT count(*) FROM person");
    if (!count)
        return count.error();
    return static_cast<std::uint64_t>(*count);
}

} // namespace portrait::sqlite
