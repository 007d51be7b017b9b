#include "rows/schema.hpp"

#include <portrait/try.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace portrait::postgres {
namespace {

/// Step n brings tables of version n - 1 to version n. Steps that were released are never changed. A step
/// only adds: servers of the version before run beside it.
constexpr std::array migrations{
    // 1: the store, blobs, persons, erasures
    R"sql(
    CREATE TABLE store (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        version integer NOT NULL,
        oldest_reader integer NOT NULL, -- the oldest version that may still write
        epoch text NOT NULL,
        made_in text NOT NULL, -- the cluster and timeline of that epoch
        place_of_bytes text NOT NULL,
        last_erasure bigint NOT NULL,
        first_link_version bigint NOT NULL DEFAULT 0 -- links of a migrated data folder had those up to it
    );
    INSERT INTO store (version, oldest_reader, epoch, made_in, place_of_bytes, last_erasure)
        VALUES (1, 1, '', '', 'database', 0);

    -- Not integer: an id after the last one is refused by the server, without a failure of the transaction.
    CREATE SEQUENCE blob_id AS bigint MINVALUE 1 NO CYCLE CACHE 1;

    CREATE TABLE blob (
        blob_id integer PRIMARY KEY CHECK (blob_id >= 1),
        version bigint NOT NULL,
        content_id uuid, -- this and the next five are NULL until bytes have come
        size bigint,
        media_type text,
        width integer,
        height integer,
        digest bytea,
        description text NOT NULL,
        extra_info text NOT NULL,
        conceptual_type text NOT NULL,
        created_at bigint NOT NULL, -- milliseconds since 1970-01-01 UTC, as all times of other names
        created_by integer NOT NULL,
        created_by_name text NOT NULL,
        created_by_full_name text NOT NULL,
        created_by_person integer NOT NULL,
        updated_at bigint NOT NULL,
        updated_by integer NOT NULL,
        updated_by_name text NOT NULL,
        updated_by_full_name text NOT NULL,
        updated_by_person integer NOT NULL,
        last_modified bigint NOT NULL, -- seconds since 1970-01-01 UTC
        CHECK (num_nulls(content_id, size, media_type, width, height, digest) IN (0, 6)),
        CHECK (size >= 0 AND width >= 0 AND height >= 0 AND length(digest) = 16)
    ) WITH (fillfactor = 80);

    -- Stays when the person is unlinked: a link version may not repeat.
    CREATE TABLE person_slot (
        person_id integer PRIMARY KEY CHECK (person_id >= 1),
        blob_id integer REFERENCES blob,
        link_version bigint NOT NULL DEFAULT 0,
        linked_at bigint NOT NULL DEFAULT 0,
        last_modified bigint -- of the last picture of a person that has none now
    ) WITH (fillfactor = 80);
    CREATE INDEX person_slot_by_blob ON person_slot (blob_id) WHERE blob_id IS NOT NULL;

    CREATE TABLE content (
        content_id uuid PRIMARY KEY,
        bytes bytea NOT NULL
    ) WITH (toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 1000,
            toast.autovacuum_vacuum_cost_delay = 0);
    ALTER TABLE content ALTER COLUMN bytes SET STORAGE EXTERNAL; -- pictures are compressed already

    -- Shows after a lost connection whether a transaction was committed.
    CREATE TABLE commit_token (
        token uuid PRIMARY KEY,
        fenced boolean NOT NULL,
        asked integer NOT NULL DEFAULT 0,
        at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE person (
        person_id integer PRIMARY KEY CHECK (person_id >= 1),
        name text NOT NULL
    );

    CREATE TABLE erasure ( -- the last one of each person
        person_id integer PRIMARY KEY,
        epoch text NOT NULL,
        number bigint NOT NULL,
        erased_at bigint NOT NULL
    );

    CREATE TABLE forgotten_person ( -- erased with their names, and not added again
        person_id integer PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id()
    );

    CREATE TABLE erased_blob ( -- what the caches of all servers have to forget
        blob_id integer NOT NULL,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX erased_blob_by_xid ON erased_blob (xid);

    CREATE TABLE account_text ( -- users, tokens and sign_in_key, in the formats of their files
        name text PRIMARY KEY,
        text text NOT NULL
    );
    -- Secret: the keys behind cookies and behind the digests of callers are derived from it.
    INSERT INTO account_text (name, text) VALUES ('sign_in_key', encode(sha256((gen_random_uuid()::text ||
        gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex') || E'\n');

    CREATE TABLE auth_change ( -- what all servers ask for several times a second
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        number bigint NOT NULL, -- of changes after which a caller may have lost rights
        texts bigint NOT NULL -- of changes of the table account_text
    );
    INSERT INTO auth_change (number, texts) VALUES (0, 0);

    CREATE TABLE session ( -- of browsers
        session bytea PRIMARY KEY CHECK (length(session) = 32), -- SHA-256 of the secret
        name text NOT NULL,
        associate_id integer NOT NULL,
        actor_name text NOT NULL,
        full_name text NOT NULL,
        person_id integer NOT NULL,
        may_write boolean NOT NULL,
        credential bigint NOT NULL,
        started timestamptz NOT NULL DEFAULT now(),
        used timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX session_by_name ON session (name, used);
    CREATE INDEX session_by_used ON session (used);

    CREATE UNLOGGED TABLE sign_in_failure (
        key bytea PRIMARY KEY, -- keyed digest of a network or a name
        failures integer NOT NULL,
        last timestamptz NOT NULL
    );
    CREATE INDEX sign_in_failure_by_last ON sign_in_failure (last);

    CREATE TABLE known_caller (
        pair bytea PRIMARY KEY, -- keyed digest of a network and a name that has signed in from it
        used timestamptz NOT NULL
    );
    CREATE INDEX known_caller_by_used ON known_caller (used);

    CREATE TABLE migration ( -- of a data folder into this store, until it is finished
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        epoch text NOT NULL, -- these four of the folder
        last_blob_id bigint NOT NULL,
        last_version bigint NOT NULL,
        last_erasure bigint NOT NULL,
        oldest_reader integer NOT NULL, -- of the store; meanwhile nobody may write
        approved boolean NOT NULL DEFAULT false -- everything was copied and compared
    );
    )sql",
};
static_assert(migrations.size() == schema_version);

Error unfit(std::string sentence) {
    return Error{errc::store_unfit, std::move(sentence)};
}

/// The version of the schema's tables; 0: it has none.
[[nodiscard]] result<std::int32_t> version_of(Connection& connection, Deadline deadline) {
    static constexpr Statement find{"find_store", "SELECT to_regclass('store') IS NOT NULL"};
    const auto found = connection.run(find, {}, deadline);
    if (!found)
        return error_of(found.error());
    if (!found->boolean(0, 0))
        return 0;
    static constexpr Statement read{"read_version",
                                    "SELECT version, coalesce((SELECT oldest_reader FROM migration), "
                                    "oldest_reader) FROM store"};
    const auto versions = connection.run(read, {}, deadline);
    if (!versions || versions->empty())
        return Error{errc::store_not_a_database}.with_cause("the table store is not portrait's");
    if (versions->int4(0, 1) > schema_version)
        return Error{errc::store_newer_schema};
    return versions->int4(0, 0);
}

} // namespace

result<void> make_schema(Connection& connection, const std::string& schema, bool may_create,
                         Deadline deadline) {
    PORTRAIT_TRY_GET(present, version_of(connection, deadline));
    if (present >= schema_version)
        return {};
    if (present == 0 && !may_create)
        return Error{errc::store_not_a_database}.with_cause("the database has no tables of portrait");
    const auto run = [&](const std::string& text) -> result<void> {
        if (const auto done = connection.run_text(text, deadline); !done)
            return error_of(done.error());
        return {};
    };
    const auto migrate = [&]() -> result<void> {
        PORTRAIT_TRY(run("BEGIN; SET LOCAL lock_timeout = '2s'"));
        PORTRAIT_TRY(run(fmt::format("SELECT pg_advisory_xact_lock({})", migration_lock)));
        PORTRAIT_TRY_GET(version, version_of(connection, deadline)); // another process may have been first
        if (version == 0)
            PORTRAIT_TRY(run(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema)));
        for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next)
            PORTRAIT_TRY(run(fmt::format("{}; UPDATE store SET version = {}", migrations[next], next + 1)));
        return run("COMMIT");
    };
    auto migrated = migrate();
    if (migrated || !connection.is_alive())
        return migrated;
    PORTRAIT_TRY(run("ROLLBACK"));
    // A transaction doesn't see the tables that another process has made while it waited for the lock.
    PORTRAIT_TRY_GET(now, version_of(connection, deadline));
    return now >= schema_version ? result<void>{} : migrated;
}

result<void> check_not_migrating(Connection& connection, Deadline deadline) {
    static constexpr Statement find{"find_migration", "SELECT EXISTS (SELECT FROM migration)"};
    const auto found = connection.run(find, {}, deadline);
    if (!found)
        return error_of(found.error());
    if (found->boolean(0, 0))
        return unfit(
            "The move of a data folder into this store is not finished; run 'portrait-server migrate' "
            "again, which continues it");
    return {};
}

result<void> check_database(Connection& connection, Deadline deadline) {
    static constexpr Statement settings{
        "settings",
        "SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'), "
        "current_setting('fsync'), current_setting('server_encoding'), place_of_bytes FROM store"};
    const auto found = connection.run(settings, {}, deadline);
    if (!found)
        return error_of(found.error());
    if (found->int4(0, 0) < 130000)
        return unfit("PostgreSQL is older than version 13");
    if (const auto commit = found->text(0, 1); commit == "off" || commit == "local")
        return unfit(fmt::format("PostgreSQL's synchronous_commit is {}, so an acknowledged picture may be "
                                 "lost; on, remote_write and remote_apply are accepted",
                                 commit));
    if (found->text(0, 2) != "on")
        return unfit("PostgreSQL's fsync is off, so every picture may be lost in a crash");
    if (found->text(0, 3) != "UTF8")
        return unfit(fmt::format("The database's encoding is {}; only UTF8 is accepted", found->text(0, 3)));
    if (found->text(0, 4) != "database")
        return unfit(
            fmt::format("The store keeps its bytes in {}, which this version can't", found->text(0, 4)));
    return {};
}

} // namespace portrait::postgres
