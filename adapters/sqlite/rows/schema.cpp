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
};

Error not_ours(const char* cause) {
    return Error{errc::store_not_a_database}.with_cause(cause);
}

/// The version that is there, 0 for an empty database.
[[nodiscard]] result<std::int64_t> version_of(Connection& connection) {
    const auto id = connection.integer("PRAGMA application_id");
    if (!id)
        return id.error();
    const auto version = connection.integer("PRAGMA user_version");
    if (!version)
        return version.error();
    if (*id == application_id)
        return *version;
    if (*id != 0 || *version != 0)
        return not_ours("portrait.db has another program's application id");
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables)
        return tables.error();
    if (*tables != 0)
        return not_ours("portrait.db has tables but no application id");
    return 0;
}

[[nodiscard]] result<void> migrate(Connection& connection, std::int64_t from) {
    std::string script = "BEGIN IMMEDIATE;";
    for (auto version = static_cast<std::size_t>(from); version < migrations.size(); ++version)
        script += migrations[version];
    script += fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;", application_id,
                          schema_version());
    auto done = connection.execute(script);
    if (!done && connection.in_transaction())
        (void)connection.execute("ROLLBACK");
    return done;
}

} // namespace

std::int64_t schema_version() noexcept {
    return static_cast<std::int64_t>(migrations.size());
}

[[nodiscard]] result<std::int64_t> judge_schema(Connection& connection) {
    auto version = version_of(connection);
    if (!version)
        return version.error();
    if (*version < 0 || *version > schema_version())
        return Error{
            errc::store_newer_schema,
            fmt::format("The data folder has schema version {}; this program knows versions up to {}",
                        *version, schema_version())}
            .with_limit(static_cast<std::uint64_t>(*version), static_cast<std::uint64_t>(schema_version()));
    return version;
}

[[nodiscard]] result<void> prepare_schema(Connection& connection) {
    const auto version = judge_schema(connection);
    if (!version)
        return version.error();
    {
        auto mode = connection.query("PRAGMA journal_mode = WAL");
        const auto row = mode.next();
        if (!row)
            return row.error();
        if (!*row || mode.text(0) != "wal")
            return Error{errc::store_io}.with_cause(
                "the file system doesn't support SQLite's write-ahead log");
    }
    return *version < schema_version() ? migrate(connection, *version) : result<void>{};
}

} // namespace portrait::sqlite
