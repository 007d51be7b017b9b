#include "rows/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace portrait::sqlite {
namespace {

/// Step n brings a database of version n - 1 to version n. Steps that were released are never changed.
constexpr std::array migrations{
    // 1: blobs, links, persons, segments
    R"sql(
    CREATE TABLE counters (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        last_blob_id INTEGER NOT NULL,
        last_version INTEGER NOT NULL, -- of blobs and links alike
        last_segment INTEGER NOT NULL
    ) STRICT;
    INSERT INTO counters VALUES (1, 0, 0, 0);

    CREATE TABLE segment (
        number INTEGER PRIMARY KEY,
        sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)) -- 1: every range of it is in blob or in range_to_free
    ) STRICT;

    CREATE TABLE blob (
        blob_id INTEGER PRIMARY KEY CHECK (blob_id BETWEEN 1 AND 2147483647),
        version INTEGER NOT NULL,
        segment INTEGER REFERENCES segment (number), -- this and the next eight are NULL until bytes have come
        range_offset INTEGER,
        range_length INTEGER,
        sequence INTEGER,
        size INTEGER,
        media_type TEXT,
        width INTEGER,
        height INTEGER,
        digest BLOB,
        description TEXT NOT NULL,
        extra_info TEXT NOT NULL,
        conceptual_type TEXT NOT NULL,
        created_at INTEGER NOT NULL, -- milliseconds since 1970-01-01 UTC, as all times
        created_by INTEGER NOT NULL,
        created_by_name TEXT NOT NULL,
        created_by_full_name TEXT NOT NULL,
        created_by_person INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        updated_by INTEGER NOT NULL,
        updated_by_name TEXT NOT NULL,
        updated_by_full_name TEXT NOT NULL,
        updated_by_person INTEGER NOT NULL,
        CHECK ((segment IS NULL) = (range_offset IS NULL) AND (segment IS NULL) = (range_length IS NULL)
            AND (segment IS NULL) = (sequence IS NULL) AND (segment IS NULL) = (size IS NULL)
            AND (segment IS NULL) = (media_type IS NULL) AND (segment IS NULL) = (width IS NULL)
            AND (segment IS NULL) = (height IS NULL) AND (segment IS NULL) = (digest IS NULL)),
        CHECK (range_offset >= 0 AND range_length > 0 AND size >= 0 AND width >= 0 AND height >= 0
            AND length(digest) = 16)
    ) STRICT;
    CREATE UNIQUE INDEX blob_by_place ON blob (segment, range_offset) WHERE segment IS NOT NULL;

    CREATE TABLE person_image (
        person_id INTEGER PRIMARY KEY CHECK (person_id BETWEEN 1 AND 2147483647),
        blob_id INTEGER NOT NULL REFERENCES blob (blob_id),
        link_version INTEGER NOT NULL,
        linked_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX person_image_by_blob ON person_image (blob_id);

    CREATE TABLE person (
        person_id INTEGER PRIMARY KEY CHECK (person_id BETWEEN 1 AND 2147483647),
        name TEXT NOT NULL
    ) STRICT;

    CREATE TABLE range_to_free (
        segment INTEGER NOT NULL,
        range_offset INTEGER NOT NULL,
        range_length INTEGER NOT NULL,
        PRIMARY KEY (segment, range_offset)
    ) STRICT, WITHOUT ROWID;
    )sql",
    // 2: the store's epoch, erasures
    R"sql(
    CREATE TABLE store (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch TEXT NOT NULL -- another one after a restoration
    ) STRICT;
    INSERT INTO store VALUES (1, lower(hex(randomblob(12))));

    CREATE TABLE erasure (
        epoch TEXT NOT NULL,
        number INTEGER NOT NULL, -- counted from 1 in each epoch
        person_id INTEGER NOT NULL,
        erased_at INTEGER NOT NULL,
        sequence INTEGER, -- of the record that was erased; NULL: none
        PRIMARY KEY (epoch, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX erasure_by_person ON erasure (person_id);

    CREATE TABLE forgotten_person ( -- erased with their names, and not added again
        person_id INTEGER PRIMARY KEY
    ) STRICT;
    )sql",
    // 3: Last-Modified
    R"sql(
    ALTER TABLE blob ADD COLUMN last_modified INTEGER; -- seconds since 1970; NULL: by updated_at and linked_at

    CREATE TABLE unlinked_person ( -- persons whose picture was removed, until they get another one
        person_id INTEGER PRIMARY KEY,
        last_modified INTEGER NOT NULL -- of that picture
    ) STRICT;
    )sql",
};

/// `PRAGMA user_version` of a database whose pictures were moved.
constexpr std::int64_t moved_version = 1'000'000;

[[nodiscard]] Error moved_error(Connection& connection) {
    auto query = connection.query("SELECT place FROM moved");
    const auto found = query.next();
    return Error{errc::store_moved}.with_cause(found && *found ? query.text(0) : std::string{});
}

Error not_ours(const char* cause) {
    return Error{errc::store_not_a_database}.with_cause(cause);
}

} // namespace

std::int64_t schema_version() noexcept {
    return static_cast<std::int64_t>(migrations.size());
}

result<std::int64_t> checked_schema(Connection& connection) {
    PORTRAIT_TRY_GET(id, connection.integer("PRAGMA application_id"));
    PORTRAIT_TRY_GET(version, connection.integer("PRAGMA user_version"));
    if (id != application_id) {
        if (id != 0 || version != 0)
            return not_ours("portrait.db has another program's application id");
        PORTRAIT_TRY_GET(tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
        if (tables != 0)
            return not_ours("portrait.db has tables but no application id");
        return 0;
    }
    if (version == moved_version)
        return moved_error(connection);
    if (version < 0 || version > schema_version())
        return Error{
            errc::store_newer_schema,
            fmt::format("The data folder has schema version {}; this program accepts versions up to {}",
                        version, schema_version())}
            .with_limit(static_cast<std::uint64_t>(version), static_cast<std::uint64_t>(schema_version()));
    return version;
}

result<void> prepare_schema(Connection& connection) {
    PORTRAIT_TRY_GET(version, checked_schema(connection));
    {
        auto mode = connection.query("PRAGMA journal_mode = WAL");
        PORTRAIT_TRY_GET(found, mode.next());
        if (!found || mode.text(0) != "wal")
            return Error{errc::store_io}.with_cause(
                "the file system doesn't support SQLite's write-ahead log");
    }
    return migrate(connection, version);
}

result<void> seal_database(Connection& connection, const std::string& place) {
    return connection.transact("BEGIN IMMEDIATE", [&]() -> result<void> {
        PORTRAIT_TRY(connection.execute("CREATE TABLE moved (place TEXT NOT NULL) STRICT"));
        PORTRAIT_TRY(connection.run("INSERT INTO moved VALUES (?)", std::string_view{place}));
        return connection.execute(fmt::format("PRAGMA user_version = {}", moved_version));
    });
}

result<void> migrate(Connection& connection, std::int64_t version) {
    if (version == schema_version())
        return {};
    std::string script;
    for (auto step = static_cast<std::size_t>(version); step < migrations.size(); ++step)
        script += migrations[step];
    script += fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", application_id,
                          schema_version());
    return connection.transact("BEGIN IMMEDIATE", [&] { return connection.execute(script); });
}

} // namespace portrait::sqlite
