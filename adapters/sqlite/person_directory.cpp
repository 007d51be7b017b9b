#include <portrait/sqlite/person_directory.hpp>

#include "folder/data_folder.hpp"
#include "rows/blob_rows.hpp"
#include "rows/erasures.hpp"

#include <portrait/name_search.hpp>

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace portrait::sqlite {
namespace {

/// Rows that one call of `list` reads.
constexpr std::size_t max_rows = 10'000;

} // namespace

SqlitePersonDirectory::SqlitePersonDirectory(std::shared_ptr<DataFolder> folder)
    : folder_{std::move(folder)} {}

SqlitePersonDirectory::~SqlitePersonDirectory() = default;

result<void> SqlitePersonDirectory::add(std::span<const KnownPerson> persons) {
    // The span stays valid, because the caller waits.
    return folder_->committer().run<void>([persons](Transaction& transaction) -> result<void> {
        auto& connection = transaction.connection;
        for (const auto& person : persons) {
            PORTRAIT_TRY(connection.run("INSERT INTO person (person_id, name) VALUES (?, ?) "
                                        "ON CONFLICT (person_id) DO UPDATE SET name = excluded.name",
                                        person.id.value(), person.full_name));
            PORTRAIT_TRY(
                connection.run("DELETE FROM forgotten_person WHERE person_id = ?", person.id.value()));
        }
        return {};
    });
}

result<void> SqlitePersonDirectory::add_imported(const KnownPerson& person, const ExportMoment& exported) {
    PORTRAIT_TRY_GET(known, contains(person.id));
    if (known)
        return {};
    return folder_->committer().run<void>([&](Transaction& transaction) -> result<void> {
        auto& connection = transaction.connection;
        PORTRAIT_TRY(check_not_erased_since(connection, person.id, exported));
        PORTRAIT_TRY(connection.run("INSERT OR IGNORE INTO person (person_id, name) VALUES (?, ?)",
                                    person.id.value(), std::string_view{person.full_name}));
        return connection.run("DELETE FROM forgotten_person WHERE person_id = ?", person.id.value());
    });
}

result<bool> SqlitePersonDirectory::contains(PersonId person_id) const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    return connection->has_row("SELECT 1 FROM person WHERE person_id = ?", person_id.value());
}

result<std::optional<KnownPerson>> SqlitePersonDirectory::find(PersonId person_id) const {
    PORTRAIT_TRY_GET(found, find_all({&person_id, 1}));
    return std::move(found.front());
}

result<std::vector<std::optional<KnownPerson>>>
SqlitePersonDirectory::find_all(std::span<const PersonId> persons) const {
    const auto list = json_list(persons);
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    auto query = connection->query(
        "SELECT person_id, name FROM person WHERE person_id IN (SELECT value FROM json_each(?))", list);
    std::unordered_map<PersonId, std::string> names;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, PersonId::from(query.integer(0)));
        names.emplace(person_id, query.text(1));
        return {};
    }));
    std::vector<std::optional<KnownPerson>> found;
    found.reserve(persons.size());
    for (const auto person_id : persons) {
        const auto name = names.find(person_id);
        found.push_back(name == names.end() ? std::nullopt
                                            : std::optional{KnownPerson::named(person_id, name->second)});
    }
    return found;
}

result<PersonPage> SqlitePersonDirectory::list(const PersonQuery& query) const {
    const NameSearch search{query.search};
    const auto limit = std::max<std::size_t>(query.limit, 1);
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    auto rows =
        connection->query("SELECT person_id, name FROM person WHERE person_id > ? ORDER BY person_id LIMIT ?",
                          query.after ? query.after->value() : 0, max_rows);
    PersonPage page;
    std::size_t read = 0;
    for (; page.persons.size() < limit; ++read) {
        PORTRAIT_TRY_GET(found, rows.next());
        if (!found) {
            if (read < max_rows)
                page.next.reset();
            return page;
        }
        PORTRAIT_TRY_GET(person_id, PersonId::from(rows.integer(0)));
        page.next = person_id;
        auto name = rows.text(1);
        if (search.matches(name))
            page.persons.push_back(KnownPerson::named(person_id, std::move(name)));
    }
    return page;
}

result<std::uint64_t> SqlitePersonDirectory::count() const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    PORTRAIT_TRY_GET(count, connection->integer("SELECT count(*) FROM person"));
    return static_cast<std::uint64_t>(count);
}

} // namespace portrait::sqlite
