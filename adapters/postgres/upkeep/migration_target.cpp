#include <portrait/postgres/migration_target.hpp>

#include "client/connector.hpp"
#include "rows/blob_rows.hpp"
#include "rows/schema.hpp"
#include "upkeep/copy_data.hpp"
#include "upkeep/run_statement.hpp"

#include <portrait/printable.hpp>
#include <portrait/try.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::chrono::seconds migration_connecting_limit{10};
constexpr Statement begin_transaction{"begin_move", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement commit_transaction{"commit_move", "COMMIT"};
constexpr Statement roll_back{"rollback_move", "ROLLBACK"};
constexpr Statement lock_writers{"lock_writers", "SELECT pg_advisory_xact_lock($1::bigint)"};
constexpr Statement lock_movers{"lock_movers", "SELECT pg_try_advisory_lock($1::bigint)"};

constexpr Statement find_mark{"find_mark", "SELECT epoch FROM migration"};
constexpr Statement find_rows{
    "find_rows",
    "SELECT EXISTS (SELECT FROM blob) OR EXISTS (SELECT FROM person_slot WHERE blob_id IS NOT NULL OR "
    "last_modified IS NOT NULL) OR EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM erasure) OR "
    "EXISTS (SELECT FROM forgotten_person) OR EXISTS (SELECT FROM account_text WHERE name IN ('users', "
    "'tokens') AND text <> '')"};
constexpr Statement insert_mark{
    "insert_mark", "INSERT INTO migration (epoch, last_blob_id, last_version, last_erasure, oldest_reader) "
                   "SELECT $1, $2, $3, $4, oldest_reader FROM store"};
constexpr Statement renew_mark{"renew_mark", "UPDATE migration SET epoch = $1, last_blob_id = $2, "
                                             "last_version = $3, last_erasure = $4, approved = false"};
// No server is of this version, so those that have the store open can't write any more.
constexpr Statement close_store{"close_store", "UPDATE store SET oldest_reader = 2147483647"};
constexpr Statement empty_tables{"empty_tables", "TRUNCATE person_slot, person, erasure, forgotten_person"};
constexpr Statement approve_move{"approve_move", "UPDATE migration SET approved = true"};
constexpr Statement read_mark{"read_mark", "SELECT epoch, approved FROM migration"};
constexpr Statement read_epoch{"read_moved_epoch", "SELECT epoch FROM store"};
constexpr Statement open_store{
    "open_store",
    "UPDATE store SET epoch = m.epoch, made_in = " PORTRAIT_PLACE_OF_STORE ", last_erasure = m.last_erasure, "
    "first_link_version = m.last_version, oldest_reader = m.oldest_reader FROM migration m"};
constexpr Statement set_sequence{
    "set_sequence", "SELECT setval('blob_id', greatest(last_blob_id, 1), last_blob_id > 0) FROM migration"};
constexpr Statement delete_mark{"delete_mark", "DELETE FROM migration"};

constexpr Statement delete_copied_blobs{
    "delete_moved_blobs",
    "WITH gone AS (DELETE FROM blob WHERE blob_id = ANY($1::int[]) RETURNING content_id) "
    "DELETE FROM content WHERE content_id IN (SELECT content_id FROM gone)"};
[[nodiscard]] result<void> run_text(Connection& connection, const std::string& text) {
    if (const auto done = connection.run_text(text, statement_deadline()); !done)
        return error_of(done.error());
    return {};
}

/// Copies rows into a table; `table` has its columns, and `columns_of` makes the parameters of a row.
template<class Row, class Columns>
[[nodiscard]] result<void> copy(Connection& connection, std::string_view table, std::span<const Row> rows,
                                const Columns& columns_of) {
    if (rows.empty())
        return {};
    CopyData data;
    for (const auto& row : rows)
        data.add(columns_of(row));
    const auto copied = connection.copy(fmt::format("COPY {} FROM STDIN (FORMAT binary)", table),
                                        data.finish(), statement_deadline());
    if (!copied)
        return error_of(copied.error());
    return {};
}

/// Keeps who may sign in for all servers.
[[nodiscard]] result<void> write_accounts(Connection& connection, const TransferredAccounts& accounts) {
    static constexpr Statement write{"write_account_text",
                                     "INSERT INTO account_text (name, text) VALUES ($1, $2) "
                                     "ON CONFLICT (name) DO UPDATE SET text = excluded.text"};
    for (const auto& [name, text] :
         {std::pair{"users", &accounts.users}, std::pair{"tokens", &accounts.tokens},
          std::pair{"sign_in_key", &accounts.sign_in_key}})
        if (*text)
            PORTRAIT_TRY(run(connection, write, Parameters::of(name, **text)));
    PORTRAIT_TRY(run_text(connection, "UPDATE auth_change SET number = number + 1, texts = texts + 1"));
    return {};
}

} // namespace

result<std::unique_ptr<MigrationTarget>> MigrationTarget::open(const std::string& connection,
                                                               const std::string& schema) {
    const auto limit = Deadline::clock::now() + migration_connecting_limit;
    Connector connector{connection, schema};
    PORTRAIT_TRY_GET(opened, connector.open_raw(limit));
    PORTRAIT_TRY(make_schema(*opened, schema, true, limit));
    PORTRAIT_TRY(check_database(*opened, limit));
    PORTRAIT_TRY(run_text(*opened, "SET lock_timeout = '5s'"));
    PORTRAIT_TRY_GET(locked, run(*opened, lock_movers, Parameters::of(migration_lock + 1)));
    if (!locked.boolean(0, 0))
        return Error{errc::store_in_use, "Another command moves a data folder into this database"};
    return std::unique_ptr<MigrationTarget>{new MigrationTarget{std::move(opened), schema}};
}

MigrationTarget::MigrationTarget(std::unique_ptr<Connection> connection, std::string schema)
    : connection_{std::move(connection)}
    , schema_{std::move(schema)} {}

MigrationTarget::~MigrationTarget() = default;

std::string MigrationTarget::place() const {
    const auto database = connection_->place();
    return schema_ == "portrait" ? database : fmt::format("{} schema {}", database, schema_);
}

result<void> MigrationTarget::transact(const std::function<result<void>()>& work) {
    (void)connection_->take_unreplicated();
    PORTRAIT_TRY(run(*connection_, begin_transaction));
    if (auto done = work(); !done) {
        if (connection_->is_alive())
            (void)run(*connection_, roll_back);
        return done;
    }
    PORTRAIT_TRY_GET(committed, run(*connection_, commit_transaction));
    if (committed.tag() != "COMMIT")
        return Error{errc::store_io}.with_cause("COMMIT has rolled back");
    if (connection_->take_unreplicated())
        return Error{errc::store_io}.with_cause("the commit was not confirmed by the standby");
    return {};
}

result<bool> MigrationTarget::begin(const StoreCounters& source) {
    const auto parameters =
        Parameters::of(source.epoch, source.last_blob_id, source.last_version, source.last_erasure);
    bool continued = false;
    const auto begun = transact([&]() -> result<void> {
        PORTRAIT_TRY(run(*connection_, lock_writers, Parameters::of(migration_lock)));
        PORTRAIT_TRY_GET(mark, run(*connection_, find_mark));
        continued = !mark.empty();
        if (continued && mark.text(0, 0) != source.epoch)
            return Error{
                errc::store_in_use,
                "The move of another data folder into this store is not finished; choose an empty store"};
        if (!continued) {
            PORTRAIT_TRY_GET(found, run(*connection_, find_rows));
            if (found.boolean(0, 0))
                return Error{errc::store_in_use, "The store holds persons, pictures or users already, and "
                                                 "nothing is overwritten; choose an "
                                                 "empty one"};
        }
        PORTRAIT_TRY(run(*connection_, continued ? renew_mark : insert_mark, parameters));
        PORTRAIT_TRY(run(*connection_, empty_tables));
        PORTRAIT_TRY(run(*connection_, close_store));
        return {};
    });
    return begun ? result<bool>{continued} : begun.error();
}

result<void> MigrationTarget::replace_blobs(std::span<const BlobId> deleted,
                                            std::span<const TransferredBlob> added) {
    struct Content {
        Uuid content_id;
        std::span<const std::byte> bytes;
    };
    std::vector<Content> contents;
    std::vector<BlobRow> rows;
    for (const auto& blob : added) {
        BlobRow row{.info = blob.info};
        if (blob.info.format) {
            row.content_id = random_uuid();
            contents.push_back({*row.content_id, blob.bytes.view()});
        }
        rows.push_back(std::move(row));
    }
    std::vector<std::int32_t> unwanted;
    for (const auto blob_id : deleted)
        unwanted.push_back(blob_id.value());
    return transact([&]() -> result<void> {
        if (!unwanted.empty())
            PORTRAIT_TRY(run(*connection_, delete_copied_blobs, Parameters::of(unwanted)));
        PORTRAIT_TRY(copy(*connection_, "content (content_id, bytes)", std::span<const Content>{contents},
                          [](const Content& row) { return Parameters::of(row.content_id, row.bytes); }));
        return copy(*connection_, "blob (" PORTRAIT_BLOB_TARGETS ")", std::span<const BlobRow>{rows},
                    blob_parameters);
    });
}

result<void> MigrationTarget::add(std::span<const TransferredSlot> slots) {
    return copy(*connection_, "person_slot (person_id, blob_id, link_version, linked_at, last_modified)",
                slots, [](const TransferredSlot& slot) {
                    return Parameters::of(slot.person_id.value(),
                                          slot.blob_id ? std::optional{slot.blob_id->value()} : std::nullopt,
                                          slot.link_version, stored_time(slot.linked_at),
                                          stored_second(slot.last_modified));
                });
}

result<void> MigrationTarget::add(std::span<const TransferredPerson> persons) {
    auto added = copy(*connection_, "person (person_id, name)", persons, [](const TransferredPerson& person) {
        return Parameters::of(person.person_id.value(), person.name);
    });
    if (added || !connection_->is_alive())
        return added;
    // PostgreSQL doesn't say in which row a text isn't UTF-8.
    const auto unfit = std::find_if(persons.begin(), persons.end(),
                                    [](const auto& person) { return !is_printable(person.name); });
    if (unfit == persons.end())
        return added;
    return Error{errc::store_corrupt,
                 fmt::format("The name of person {} must be UTF-8 without control characters; "
                             "change it by 'portrait-server persons add'",
                             unfit->person_id.value())}
        .with_cause(added.error());
}

result<void> MigrationTarget::add(std::span<const TransferredErasure> erasures) {
    return copy(*connection_, "erasure (person_id, epoch, number, erased_at)", erasures,
                [](const TransferredErasure& row) {
                    return Parameters::of(row.person_id.value(), row.erasure.epoch, row.erasure.number,
                                          stored_time(row.erasure.at));
                });
}

result<void> MigrationTarget::add_forgotten(std::span<const PersonId> persons) {
    return copy(*connection_, "forgotten_person (person_id)", persons,
                [](PersonId person_id) { return Parameters::of(person_id.value()); });
}

result<void> MigrationTarget::set_accounts(const TransferredAccounts& accounts) {
    return transact([&] { return write_accounts(*connection_, accounts); });
}

result<void> MigrationTarget::approve() {
    return transact([&]() -> result<void> {
        PORTRAIT_TRY(run(*connection_, approve_move));
        return {};
    });
}

result<void> MigrationTarget::finish(const std::string& epoch) {
    auto finished = transact([&]() -> result<void> {
        PORTRAIT_TRY(run(*connection_, lock_writers, Parameters::of(migration_lock)));
        PORTRAIT_TRY_GET(mark, run(*connection_, read_mark));
        PORTRAIT_TRY_GET(store, run(*connection_, read_epoch));
        if ((mark.empty() ? store : mark).text(0, 0) != epoch)
            return Error{errc::store_in_use, "The store holds the pictures of another data folder"};
        if (mark.empty())
            return {};
        if (!mark.boolean(0, 1))
            return Error{errc::store_unfit, "The move into this store is not complete"};
        for (const auto* const statement : {&open_store, &set_sequence, &delete_mark})
            PORTRAIT_TRY(run(*connection_, *statement));
        return {};
    });
    if (finished) // for the planner; PostgreSQL does it later by itself
        (void)run_text(*connection_, "ANALYZE blob, person_slot, content, person");
    return finished;
}

} // namespace portrait::postgres
