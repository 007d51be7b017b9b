#include <portrait/postgres/person_directory.hpp>

#include "database/database.hpp"
#include "rows/blob_rows.hpp"

#include <portrait/name_search.hpp>
#include <portrait/try.hpp>

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace portrait::postgres {
namespace {

/// Rows that one call of `list` reads, and how many of them at a time.
constexpr std::int64_t max_rows = 10'000;
constexpr std::int64_t rows_at_a_time = 1000;

constexpr Statement begin_persons{"begin_persons", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement commit_persons{"commit_persons", "COMMIT"};
constexpr Statement insert_person{
    "insert_person",
    "INSERT INTO person (person_id, name) VALUES ($1, $2) ON CONFLICT (person_id) DO UPDATE SET "
    "name = excluded.name"};
constexpr Statement remember_person{"remember_person", "DELETE FROM forgotten_person WHERE person_id = $1"};
constexpr Statement import_person{
    "import_person",
    "INSERT INTO person (person_id, name) VALUES ($1, $2) ON CONFLICT (person_id) DO NOTHING"};
constexpr Statement erasure_of_imported{"erasure_of_person",
                                        "SELECT epoch, number, erased_at FROM erasure WHERE person_id = $1"};
constexpr Statement has_person{"has_person", "SELECT 1 FROM person WHERE person_id = $1"};
constexpr Statement find_persons{"find_persons",
                                 "SELECT person_id, name FROM person WHERE person_id = ANY($1::int[])"};
constexpr Statement list_directory{
    "list_persons", "SELECT person_id, name FROM person WHERE person_id > $1 ORDER BY person_id LIMIT $2"};
constexpr Statement delete_person{"delete_person", "DELETE FROM person WHERE person_id = $1"};
constexpr Statement forget_person{"forget_person", "INSERT INTO forgotten_person (person_id) VALUES ($1) ON "
                                                   "CONFLICT (person_id) DO UPDATE SET xid = excluded.xid"};
constexpr Statement count_directory{"count_all_persons", "SELECT count(*) FROM person"};

} // namespace

PostgresPersonDirectory::PostgresPersonDirectory(std::shared_ptr<Database> database)
    : database_{std::move(database)} {}

PostgresPersonDirectory::~PostgresPersonDirectory() = default;

result<void> PostgresPersonDirectory::add(std::span<const KnownPerson> persons) {
    // In one order, so that two calls don't wait for each other.
    std::vector<const KnownPerson*> sorted;
    sorted.reserve(persons.size());
    for (const auto& person : persons)
        sorted.push_back(&person);
    // Of one id, the last one of the span comes last.
    std::sort(sorted.begin(), sorted.end(), [](const auto* left, const auto* right) {
        return left->id != right->id ? left->id < right->id : left < right;
    });
    return database_->committer().run([&](Connection& connection, Deadline deadline) -> attempt<void> {
        PORTRAIT_TRY(connection.send(begin_persons));
        for (const auto* const person : sorted) {
            const auto id = person->id.value();
            PORTRAIT_TRY(connection.send(insert_person, Parameters::of(id, person->full_name)));
            PORTRAIT_TRY(connection.send(remember_person, Parameters::of(id)));
        }
        PORTRAIT_TRY(connection.send(commit_persons));
        PORTRAIT_TRY(connection.finish_group(deadline));
        return {};
    });
}

result<void> PostgresPersonDirectory::add_imported(const KnownPerson& person, const ExportMoment& exported) {
    PORTRAIT_TRY_GET(known, contains(person.id));
    if (known)
        return {};
    PORTRAIT_TRY_GET(rows, database_->rows().run(erasure_of_imported, Parameters::of(person.id.value())));
    if (!rows.empty() &&
        exported.is_before(
            {.epoch = rows.string(0, 0), .number = rows.int8(0, 1), .at = time_at(rows, 0, 2)}))
        return Error{errc::person_erased};
    return database_->committer().run([&](Connection& connection, Deadline deadline) -> attempt<void> {
        PORTRAIT_TRY(connection.send(begin_persons));
        PORTRAIT_TRY(connection.send(import_person, Parameters::of(person.id.value(), person.full_name)));
        PORTRAIT_TRY(connection.send(remember_person, Parameters::of(person.id.value())));
        PORTRAIT_TRY(connection.send(commit_persons));
        PORTRAIT_TRY(connection.finish_group(deadline));
        return {};
    });
}

result<bool> PostgresPersonDirectory::contains(PersonId person_id) const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(has_person, Parameters::of(person_id.value())));
    return !rows.empty();
}

void PostgresPersonDirectory::ask(PersonId person_id, Completion<bool> completion) const {
    database_->rows().submit(has_person, Parameters::of(person_id.value()),
                             [completion = std::move(completion)](const result<Rows>& rows) {
                                 completion(rows ? result<bool>{!rows->empty()} : rows.error());
                             });
}

result<std::optional<KnownPerson>> PostgresPersonDirectory::find(PersonId person_id) const {
    PORTRAIT_TRY_GET(found, find_all({&person_id, 1}));
    return std::move(found.front());
}

result<std::vector<std::optional<KnownPerson>>>
PostgresPersonDirectory::find_all(std::span<const PersonId> persons) const {
    std::vector<std::int32_t> ids;
    for (const auto person_id : persons)
        ids.push_back(person_id.value());
    PORTRAIT_TRY_GET(rows, database_->rows().run(find_persons, Parameters::of(ids)));
    std::unordered_map<PersonId, std::string> names;
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
        names.emplace(person_id, rows.string(row, 1));
    }
    std::vector<std::optional<KnownPerson>> found;
    found.reserve(persons.size());
    for (const auto person_id : persons) {
        const auto name = names.find(person_id);
        found.push_back(name == names.end() ? std::nullopt
                                            : std::optional{KnownPerson::named(person_id, name->second)});
    }
    return found;
}

result<PersonPage> PostgresPersonDirectory::list(const PersonQuery& query) const {
    const NameSearch search{query.search};
    const auto limit = std::max<std::size_t>(query.limit, 1);
    PersonPage page;
    std::int32_t after = query.after ? query.after->value() : 0;
    for (std::int64_t read = 0; read < max_rows; read += rows_at_a_time) {
        PORTRAIT_TRY_GET(rows, database_->rows().run(list_directory, Parameters::of(after, rows_at_a_time)));
        for (int row = 0; row < rows.count(); ++row) {
            PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
            after = person_id.value();
            page.next = person_id;
            if (search.matches(rows.text(row, 1)))
                page.persons.push_back(KnownPerson::named(person_id, rows.string(row, 1)));
            if (page.persons.size() == limit)
                return page;
        }
        if (rows.count() < rows_at_a_time) {
            page.next.reset();
            break;
        }
    }
    return page;
}

result<ForgottenPerson> PostgresPersonDirectory::forget(PersonId person_id) {
    ForgottenPerson forgotten;
    const auto done =
        database_->committer().run([&](Connection& connection, Deadline deadline) -> attempt<void> {
            const auto parameters = Parameters::of(person_id.value());
            PORTRAIT_TRY(connection.send(begin_persons));
            PORTRAIT_TRY(connection.send(delete_person, parameters));
            PORTRAIT_TRY(connection.send(forget_person, parameters));
            PORTRAIT_TRY(connection.send(commit_persons));
            PORTRAIT_TRY_GET(outcomes, connection.finish_group(deadline));
            // A repetition after a lost answer finds nothing any more.
            forgotten.existed = forgotten.existed || outcomes[1].changed() != 0;
            return {};
        });
    if (!done)
        return done.error();
    if (forgotten.existed)
        forgotten.unproven.emplace_back(
            "PostgreSQL may still have the name in free pages, in its write-ahead log, "
            "on standbys and in backups; VACUUM FULL of the table person frees the "
            "pages, the others expire as you have set them");
    return forgotten;
}

result<std::uint64_t> PostgresPersonDirectory::count() const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(count_directory, {}));
    return static_cast<std::uint64_t>(rows.int8(0, 0));
}

} // namespace portrait::postgres
