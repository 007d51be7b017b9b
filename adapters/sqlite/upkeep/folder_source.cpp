#include <portrait/sqlite/folder_source.hpp>

#include "folder/data_folder.hpp"
#include "rows/blob_rows.hpp"
#include "rows/erasures.hpp"
#include "rows/schema.hpp"
#include "upkeep/placed_records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace portrait::sqlite {
namespace {

bool has_database(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(folder / database_name, ignored);
}

[[nodiscard]] result<PersonId> person_in(const Query& query) {
    const auto person_id = PersonId::from(query.integer(0));
    return person_id ? person_id : Error{errc::store_corrupt}.with_cause("a person's id is out of range");
}

/// A damage of a record, with its persons.
Error damaged(Connection& connection, const BlobRow& row, const Error& error) {
    const PlacedRecord record{.blob_id = row.info.blob_id.value(),
                              .place = *row.place,
                              .size = row.info.size,
                              .digest = row.info.digest};
    const auto damage = damage_of(connection, record, error);
    std::vector<std::int32_t> persons;
    persons.reserve(damage.persons.size());
    for (const auto person_id : damage.persons)
        persons.push_back(person_id.value());
    return Error{error}.with_cause(
        persons.empty() ? damage.what
                        : fmt::format("of person {}: {}", fmt::join(persons, ", "), damage.what));
}

} // namespace

result<std::unique_ptr<FolderSource>> FolderSource::open(const std::filesystem::path& folder) {
    if (!has_database(folder)) // which opening would make
        return Error{errc::store_not_a_database, "The folder holds no portrait database"}.with_cause(
            folder.string());
    PORTRAIT_TRY_GET(opened, DataFolder::open({.folder = folder}));
    PORTRAIT_TRY_GET(connection, Connection::open(opened->database(), Connection::Access::read_write));
    return std::unique_ptr<FolderSource>{new FolderSource{std::move(opened), std::move(connection)}};
}

FolderSource::FolderSource(std::shared_ptr<DataFolder> folder, std::unique_ptr<Connection> connection)
    : folder_{std::move(folder)}
    , connection_{std::move(connection)} {}

FolderSource::~FolderSource() = default;

result<std::vector<ImageInfo>> FolderSource::blobs(std::int32_t after, std::size_t limit) {
    PORTRAIT_TRY_GET(rows, list_blobs(*connection_, after, limit));
    std::vector<ImageInfo> blobs;
    blobs.reserve(rows.size());
    for (auto& row : rows)
        blobs.push_back(std::move(row.info));
    return blobs;
}

result<std::vector<TransferredSlot>> FolderSource::slots(std::int32_t after, std::size_t limit) {
    auto query = connection_->query(
        "SELECT person_id, blob_id, link_version, linked_at, NULL FROM person_image WHERE person_id > ?1 "
        "UNION ALL SELECT person_id, NULL, (SELECT last_version FROM counters), 0, last_modified "
        "FROM unlinked_person WHERE person_id > ?1 ORDER BY 1 LIMIT ?2",
        after, limit);
    std::vector<TransferredSlot> slots;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, person_in(query));
        TransferredSlot slot{.person_id = person_id,
                             .link_version = query.integer(2),
                             .linked_at = Timestamp{std::chrono::milliseconds{query.integer(3)}}};
        if (!query.is_null(1)) {
            PORTRAIT_TRY_GET(blob_id, BlobId::from(query.integer(1)));
            slot.blob_id = blob_id;
        }
        if (!query.is_null(4))
            slot.last_modified = std::chrono::sys_seconds{std::chrono::seconds{query.integer(4)}};
        slots.push_back(slot);
        return {};
    }));
    return slots;
}

result<std::vector<TransferredPerson>> FolderSource::persons(std::int32_t after, std::size_t limit) {
    auto query = connection_->query(
        "SELECT person_id, name FROM person WHERE person_id > ? ORDER BY person_id LIMIT ?", after, limit);
    std::vector<TransferredPerson> persons;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, person_in(query));
        persons.push_back({person_id, query.text(1)});
        return {};
    }));
    return persons;
}

result<std::vector<TransferredErasure>> FolderSource::erasures(std::int32_t after, std::size_t limit) {
    std::vector<TransferredErasure> erasures;
    auto query = connection_->query(
        "SELECT DISTINCT person_id FROM erasure WHERE person_id > ? ORDER BY person_id LIMIT ?", after,
        limit);
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, person_in(query));
        PORTRAIT_TRY_GET(of_person, find_erasures(*connection_, person_id));
        erasures.push_back({person_id, std::move(of_person.back().erasure)});
        return {};
    }));
    return erasures;
}

result<std::vector<PersonId>> FolderSource::forgotten(std::int32_t after, std::size_t limit) {
    auto query = connection_->query(
        "SELECT person_id FROM forgotten_person WHERE person_id > ? ORDER BY person_id LIMIT ?", after,
        limit);
    std::vector<PersonId> persons;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, person_in(query));
        persons.push_back(person_id);
        return {};
    }));
    return persons;
}

result<StoreTotals> FolderSource::totals() {
    auto query = connection_->query(
        "SELECT (SELECT count(*) FROM blob), (SELECT count(*) FROM blob WHERE segment IS NOT NULL), "
        "(SELECT coalesce(sum(size), 0) FROM blob), (SELECT count(*) FROM person_image) + "
        "(SELECT count(*) FROM unlinked_person), (SELECT count(*) FROM person), "
        "(SELECT count(DISTINCT person_id) FROM erasure), (SELECT count(*) FROM forgotten_person)");
    PORTRAIT_TRY(query.next());
    return StoreTotals{.blobs = query.unsigned_integer(0),
                       .pictures = query.unsigned_integer(1),
                       .bytes = query.unsigned_integer(2),
                       .slots = query.unsigned_integer(3),
                       .persons = query.unsigned_integer(4),
                       .erasures = query.unsigned_integer(5),
                       .forgotten = query.unsigned_integer(6)};
}

result<StoreCounters> FolderSource::counters() {
    PORTRAIT_TRY_GET(last_erasure, count_erasures(*connection_, folder_->epoch()));
    PORTRAIT_TRY_GET(last_blob_id, connection_->integer("SELECT last_blob_id FROM counters"));
    PORTRAIT_TRY_GET(last_version, connection_->integer("SELECT last_version FROM counters"));
    return StoreCounters{.epoch = folder_->epoch(),
                         .last_blob_id = last_blob_id,
                         .last_version = last_version,
                         .last_erasure = last_erasure};
}

result<ImageBytes> FolderSource::bytes(const ImageInfo& blob) {
    PORTRAIT_TRY_GET(row, find_blob(*connection_, blob.blob_id));
    if (!row || !row->place)
        return Error{errc::blob_without_image};
    const auto file = folder_->segments().file(row->place->range.segment);
    auto bytes = file ? (*file)->read(*row->place, blob.size, blob.digest) : file.error();
    return bytes ? std::move(bytes) : damaged(*connection_, *row, bytes.error());
}

result<void> FolderSource::seal(const std::string& place) {
    return seal_database(*connection_, place);
}

result<void> check_not_moved(const std::filesystem::path& folder) {
    if (!has_database(folder))
        return {};
    const auto connection = Connection::open(folder / database_name, Connection::Access::query_only);
    if (!connection)
        return {};
    const auto version = checked_schema(**connection);
    return version || version.error() != errc::store_moved ? result<void>{} : version.error();
}

result<std::string> epoch_of(const std::filesystem::path& folder) {
    PORTRAIT_TRY_GET(connection, Connection::open(folder / database_name, Connection::Access::query_only));
    return read_epoch(*connection);
}

} // namespace portrait::sqlite
