#include <portrait/postgres/image_store.hpp>

#include "database/database.hpp"
#include "rows/blob_rows.hpp"

#include <portrait/postgres/callers.hpp>
#include <portrait/postgres/person_directory.hpp>
#include <portrait/try.hpp>

#include <future>
#include <unordered_map>
#include <utility>

namespace portrait::postgres {
namespace {

#define OF_PERSON " FROM person_slot s JOIN blob b ON b.blob_id = s.blob_id "
#define WITH_BYTES " LEFT JOIN content c ON c.content_id = b.content_id "

// After the columns of the blob: link_version, linked_at, and then the bytes or the person's id.
constexpr Statement info_of_person{"info_of_person",
                                   "SELECT " PORTRAIT_BLOB_COLUMNS ", s.link_version, s.linked_at" OF_PERSON
                                   "WHERE s.person_id = $1"};
constexpr Statement info_of_blob{"info_of_blob",
                                 "SELECT " PORTRAIT_BLOB_COLUMNS
                                 ", 0::bigint, b.created_at FROM blob b WHERE b.blob_id = $1"};
constexpr Statement image_of_person{"image_of_person",
                                    "SELECT " PORTRAIT_BLOB_COLUMNS
                                    ", s.link_version, s.linked_at, c.bytes" OF_PERSON WITH_BYTES
                                    "WHERE s.person_id = $1"};
// One statement, so that the bytes are those of the row. Most often they aren't needed, and then a subquery
// doesn't look for them; if they are, a join takes the database half the time.
constexpr Statement image_of_person_unless{
    "image_of_person_unless",
    "SELECT " PORTRAIT_BLOB_COLUMNS
    ", s.link_version, s.linked_at, CASE WHEN b.blob_id = $2 AND b.version = $3 AND "
    "b.digest = $4 THEN NULL ELSE (SELECT bytes FROM content c WHERE c.content_id = b.content_id) "
    "END" OF_PERSON "WHERE s.person_id = $1"};
constexpr Statement image_of_blob{"image_of_blob", "SELECT " PORTRAIT_BLOB_COLUMNS
                                                   ", 0::bigint, b.created_at, c.bytes FROM blob b" WITH_BYTES
                                                   "WHERE b.blob_id = $1"};
constexpr Statement infos_of_persons{
    "infos_of_persons", "SELECT " PORTRAIT_BLOB_COLUMNS ", s.link_version, s.linked_at, s.person_id" OF_PERSON
                        "WHERE s.person_id = ANY($1::int[])"};
constexpr Statement list_persons_with_image{
    "list_persons_with_image",
    "SELECT person_id FROM person_slot WHERE person_id > $1 AND blob_id IS NOT NULL "
    "ORDER BY person_id LIMIT $2"};
constexpr Statement find_erasure{"find_erasure",
                                 "SELECT epoch, number, erased_at FROM erasure WHERE person_id = $1"};
constexpr Statement read_erasures{"read_erasures", "SELECT last_erasure FROM store"};

#undef WITH_BYTES
#undef OF_PERSON

Error none_at(ImageKey key) {
    return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
}

std::int32_t number_of(ImageKey key) {
    return std::visit([](auto id) { return id.value(); }, key);
}

[[nodiscard]] result<BlobRow> read_linked(const Rows& rows, int row) {
    PORTRAIT_TRY_GET(blob, read_blob(rows, row, rows.epoch()));
    blob.info.link_version = rows.int8(row, blob_columns);
    blob.info.linked_at = time_at(rows, row, blob_columns + 1);
    return std::move(blob);
}

/// As `image_of_person_unless` compares them.
bool are_same_bytes(const ImageInfo& left, const ImageInfo& right) {
    return left.blob_id == right.blob_id && left.blob_version == right.blob_version &&
           left.digest == right.digest;
}

/// `known`: the picture whose bytes were not asked for; null: they were in any case.
[[nodiscard]] result<StoredImage> read_image(ImageKey key, const Rows& rows,
                                             const ImageInfo* known = nullptr) {
    if (rows.empty())
        return none_at(key);
    PORTRAIT_TRY_GET(blob, read_linked(rows, 0));
    if (!blob.content_id)
        return Error{errc::blob_without_image};
    if (rows.is_null(0, blob_columns + 2)) {
        if (known != nullptr && are_same_bytes(*known, blob.info))
            return StoredImage{.info = std::move(blob.info), .bytes = {}};
        return Error{errc::store_corrupt}.with_cause("a blob's bytes are missing");
    }
    StoredImage stored{.info = std::move(blob.info),
                       .bytes = {rows.owner(), rows.bytes(0, blob_columns + 2)}};
    if (stored.bytes.size() != stored.info.size || digest_of(stored.bytes) != stored.info.digest)
        return Error{errc::store_corrupt}.with_cause("a blob's bytes differ from its digest");
    return stored;
}

[[nodiscard]] result<ImageInfo> read_info(ImageKey key, const Rows& rows) {
    if (rows.empty())
        return none_at(key);
    PORTRAIT_TRY_GET(blob, read_linked(rows, 0));
    return std::move(blob.info);
}

template<class Value, class Start>
result<Value> wait_for(const Start& start) {
    std::promise<result<Value>> promise;
    auto outcome = promise.get_future();
    start([&promise](result<Value> value) { promise.set_value(std::move(value)); });
    return outcome.get();
}

std::vector<std::int32_t> numbers_of(std::span<const PersonId> persons) {
    std::vector<std::int32_t> numbers;
    numbers.reserve(persons.size());
    for (const auto person_id : persons)
        numbers.push_back(person_id.value());
    return numbers;
}

} // namespace

PostgresImageStore::PostgresImageStore(std::shared_ptr<Database> database)
    : database_{std::move(database)} {}

PostgresImageStore::~PostgresImageStore() = default;

result<std::unique_ptr<PostgresImageStore>> PostgresImageStore::open(PostgresOptions options) {
    PORTRAIT_TRY_GET(database, Database::open(std::move(options)));
    return std::unique_ptr<PostgresImageStore>{new PostgresImageStore{std::move(database)}};
}

template<class Value, class Command>
void PostgresImageStore::submit_command(Command command, Completion<Value> completion) {
    auto& committer = database_->committer();
    committer.submit(std::make_unique<CommandMember<Command, Value>>(
        std::move(command), std::move(completion), committer.deadline()));
}

template<class Value, class Command>
result<Value> PostgresImageStore::run(Command command) {
    return wait_for<Value>([&](Completion<Value> completion) {
        submit_command<Value>(std::move(command), std::move(completion));
    });
}

result<SavedImage> PostgresImageStore::save(SaveImage command) {
    return run<SavedImage>(std::move(command));
}

void PostgresImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    submit_command<SavedImage>(std::move(command), std::move(completion));
}

result<ImageInfo> PostgresImageStore::update_info(UpdateImageInfo command) {
    return run<ImageInfo>(std::move(command));
}

result<RemovedImage> PostgresImageStore::remove(RemoveImage command) {
    return run<RemovedImage>(std::move(command));
}

result<ImageInfo> PostgresImageStore::link(LinkImage command) {
    return run<ImageInfo>(std::move(command));
}

result<std::optional<BlobId>> PostgresImageStore::unlink(UnlinkImage command) {
    return run<std::optional<BlobId>>(std::move(command));
}

result<ErasedImage> PostgresImageStore::erase(EraseImage command) {
    PORTRAIT_TRY_GET(erased, run<ErasedImage>(std::move(command)));
    if (!erased.erased.empty())
        erased.unproven.emplace_back(
            "PostgreSQL may still have the bytes in free pages, in its write-ahead log, "
            "on standbys and in backups; VACUUM FULL of the table content frees the pages, "
            "the others expire as you have set them");
    return std::move(erased);
}

result<StoredImage> PostgresImageStore::image(ImageKey key) const {
    return wait_for<StoredImage>(
        [&](Completion<StoredImage> completion) { fetch(key, std::move(completion)); });
}

void PostgresImageStore::fetch(ImageKey key, Completion<StoredImage> completion) const {
    const auto& statement = std::holds_alternative<PersonId>(key) ? image_of_person : image_of_blob;
    database_->contents().submit(statement, Parameters::of(number_of(key)),
                                 [key, completion = std::move(completion)](const result<Rows>& rows) {
                                     completion(rows ? read_image(key, *rows) : rows.error());
                                 });
}

void PostgresImageStore::fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                                      Completion<StoredImage> completion) const {
    if (!std::holds_alternative<PersonId>(key))
        return fetch(key, std::move(completion));
    // The parameters point into it.
    auto parameters = Parameters::of(number_of(key), known->blob_id.value(), known->blob_version,
                                     std::span<const std::byte>{known->digest.bytes});
    // Without the bytes an answer is small, so it needn't wait behind large ones.
    database_->rows().submit(
        image_of_person_unless, std::move(parameters),
        [key, known = std::move(known), completion = std::move(completion)](const result<Rows>& rows) {
            completion(rows ? read_image(key, *rows, known.get()) : rows.error());
        });
}

result<ImageInfo> PostgresImageStore::info(ImageKey key) const {
    return wait_for<ImageInfo>(
        [&](Completion<ImageInfo> completion) { fetch_info(key, std::move(completion)); });
}

void PostgresImageStore::fetch_info(ImageKey key, Completion<ImageInfo> completion) const {
    const auto& statement = std::holds_alternative<PersonId>(key) ? info_of_person : info_of_blob;
    database_->rows().submit(statement, Parameters::of(number_of(key)),
                             [key, completion = std::move(completion)](const result<Rows>& rows) {
                                 completion(rows ? read_info(key, *rows) : rows.error());
                             });
}

result<std::vector<std::optional<ImageInfo>>>
PostgresImageStore::infos(std::span<const PersonId> persons) const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(infos_of_persons, Parameters::of(numbers_of(persons))));
    std::unordered_map<PersonId, ImageInfo> found;
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(rows, row, blob_columns + 2));
        PORTRAIT_TRY_GET(blob, read_linked(rows, row));
        found.emplace(person_id, std::move(blob.info));
    }
    std::vector<std::optional<ImageInfo>> infos;
    infos.reserve(persons.size());
    for (const auto person_id : persons) {
        const auto info = found.find(person_id);
        infos.push_back(info == found.end() ? std::nullopt : std::optional{info->second});
    }
    return infos;
}

result<std::vector<PersonId>> PostgresImageStore::persons_with_image(std::optional<PersonId> after,
                                                                     std::size_t limit) const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(
                               list_persons_with_image,
                               Parameters::of(after ? after->value() : 0, static_cast<std::int64_t>(limit))));
    std::vector<PersonId> persons;
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
        persons.push_back(person_id);
    }
    return persons;
}

result<std::optional<Erasure>> PostgresImageStore::last_erasure(PersonId person_id) const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(find_erasure, Parameters::of(person_id.value())));
    if (rows.empty())
        return std::optional<Erasure>{};
    return std::optional{
        Erasure{.epoch = rows.string(0, 0), .number = rows.int8(0, 1), .at = time_at(rows, 0, 2)}};
}

result<std::int64_t> PostgresImageStore::erasures() const {
    PORTRAIT_TRY_GET(rows, database_->rows().run(read_erasures, {}));
    return rows.empty() ? 0 : rows.int8(0, 0);
}

bool PostgresImageStore::checks_persons_of(const PersonDirectory& directory) const noexcept {
    const auto* const own = dynamic_cast<const PostgresPersonDirectory*>(&directory);
    return own != nullptr && own->database_ == database_;
}

std::string PostgresImageStore::epoch() const {
    return database_->connector().epoch();
}

result<void> PostgresImageStore::writable() const {
    return database_->committer().writable();
}

std::shared_ptr<PostgresPersonDirectory> PostgresImageStore::persons() const {
    return std::shared_ptr<PostgresPersonDirectory>{new PostgresPersonDirectory{database_}};
}

result<std::unique_ptr<PostgresCallers>> PostgresImageStore::callers() const {
    return PostgresCallers::open(database_);
}

std::shared_ptr<const Clock> PostgresImageStore::clock() const {
    return database_->clock();
}

PostgresStatistics PostgresImageStore::statistics() const {
    const auto figures = database_->committer().figures();
    return {.commits = figures.commits,
            .writes = figures.writes,
            .refused_writes = figures.refused_writes,
            .largest_batch = figures.largest_batch,
            .repeated_batches = figures.repeated_batches,
            .lost_answers = figures.lost_answers,
            .reachable = database_->connector().is_reachable()};
}

} // namespace portrait::postgres
