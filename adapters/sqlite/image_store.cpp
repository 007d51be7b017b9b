#include <portrait/sqlite/image_store.hpp>

#include "folder/data_folder.hpp"
#include "rows/image_writes.hpp"

#include <portrait/injection_point.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <sqlite3.h>

#include <utility>

namespace portrait::sqlite {
namespace {

/// The longest picture that `cached_image` reads.
constexpr std::uint64_t longest_cached = 256ULL * 1024;

/// Reads a row from the database and keeps it in the index.
[[nodiscard]] result<BlobRow> row_of(DataFolder& folder, ImageKey key) {
    const auto read_at = folder.index().now();
    PORTRAIT_TRY_GET(connection, folder.readers().take());
    PORTRAIT_TRY_GET(row, find_blob(*connection, key));
    if (!row)
        return blob_missing(key);
    folder.index().fill(key, *row, read_at);
    return *std::move(row);
}

/// Shares the bytes with other requests that have them in memory, or reads them.
[[nodiscard]] result<ImageBytes> bytes_of(DataFolder& folder, const BlobRow& row) {
    auto& in_use = folder.records_in_use();
    PORTRAIT_TRY_GET(content, in_use.find_or_read(row.place->sequence, [&]() -> result<RecordContent> {
        PORTRAIT_TRY_GET(file, folder.segments().file(row.place->range.segment));
        PORTRAIT_TRY_GET(bytes, file->read(*row.place, row.info.size, row.info.digest));
        return RecordContent{std::move(bytes)};
    }));
    return std::move(content.bytes);
}

/// Writes the bytes into a segment. Frees their range after an error.
[[nodiscard]] result<Reservation> write(DataFolder& folder, const ImageContent& content) {
    PORTRAIT_TRY_GET(reserved, folder.reserve(content.bytes.size()));
    if (const auto written = reserved.write(content.bytes, content.digest); !written) {
        folder.committer().abandon(reserved.place.range);
        return written.error();
    }
    return std::move(reserved);
}

} // namespace

bool forgo_memory_statistics() noexcept {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
}

SqliteImageStore::SqliteImageStore(std::shared_ptr<DataFolder> folder)
    : folder_{std::move(folder)} {}

SqliteImageStore::~SqliteImageStore() {
    folder_->committer().drain();
}

result<std::unique_ptr<SqliteImageStore>> SqliteImageStore::open(SqliteOptions options) {
    PORTRAIT_TRY_GET(folder, DataFolder::open(std::move(options)));
    return std::unique_ptr<SqliteImageStore>{new SqliteImageStore{std::move(folder)}};
}

result<SavedImage> SqliteImageStore::save(SaveImage command) {
    return wait_for<SavedImage>(
        [&](Completion<SavedImage> completion) { submit(std::move(command), std::move(completion)); });
}

void SqliteImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    auto& committer = folder_->committer();
    if (committer.on_own_thread())
        return completion(Error{errc::service_busy}.with_cause("a completion called a write"));
    if (const auto open = committer.open(); !open)
        return completion(open.error());
    if (const auto room = committer.has_room(); !room)
        return completion(room.error());

    std::optional<Reservation> written;
    std::optional<WrittenContent> content;
    if (command.content) {
        auto reserved = write(*folder_, *command.content);
        if (!reserved)
            return completion(reserved.error());
        content = WrittenContent{reserved->place, command.content->bytes.size(), command.content->header,
                                 command.content->digest};
        written = std::move(*reserved);
        // The file has them, so they needn't stay in memory until the commit.
        command.content.reset();
    }
    const auto range = written ? std::optional{written->place.range} : std::nullopt;
    const auto claim = written ? written->claim : nullptr; // until the range is abandoned
    auto apply = [command = std::move(command), content](Transaction& transaction) {
        return apply_save(transaction, command, content);
    };
    try {
        auto member = std::make_unique<WriteMember<SavedImage, decltype(apply)>>(std::move(apply),
                                                                                 std::move(completion));
        member->written = std::move(written);
        committer.add(std::move(member));
    } catch (...) { // no memory
        if (range)
            committer.abandon(*range);
        throw;
    }
}

result<StoredImage> SqliteImageStore::image(ImageKey key) const {
    const ReaderPins::Pin pin{folder_->pins()};
    if (auto row = folder_->index().find(key); row && row->place) {
        injection_point("sqlite/row_read");
        if (auto bytes = bytes_of(*folder_, *row))
            return StoredImage{.info = std::move(row->info), .bytes = *std::move(bytes)};
    }
    for (std::optional<RecordPlace> tried;;) {
        PORTRAIT_TRY_GET(row, row_of(*folder_, key));
        injection_point("sqlite/row_read");
        if (!row.place)
            return Error{errc::blob_without_image};
        auto bytes = bytes_of(*folder_, row);
        if (bytes)
            return StoredImage{.info = std::move(row.info), .bytes = *std::move(bytes)};
        // Read the row again: it may have got another place meanwhile. If not, the record is damaged.
        if (tried == row.place)
            return bytes.error();
        tried = row.place;
    }
}

result<ImageInfo> SqliteImageStore::info(ImageKey key) const {
    if (auto row = folder_->index().find(key))
        return std::move(row->info);
    PORTRAIT_TRY_GET(row, row_of(*folder_, key));
    return std::move(row.info);
}

std::optional<StoredImage> SqliteImageStore::cached_image(PersonId person_id) const {
    const ReaderPins::Pin pin{folder_->pins()};
    auto row = folder_->index().find(person_id);
    if (!row || !row->place)
        return std::nullopt;
    auto& in_use = folder_->records_in_use();
    if (auto content = in_use.find(row->place->sequence))
        return StoredImage{.info = std::move(row->info), .bytes = std::move(content->bytes)};
    if (row->info.size > longest_cached)
        return std::nullopt;
    const auto file = folder_->segments().open_file(row->place->range.segment);
    if (!file)
        return std::nullopt;
    auto bytes = file->read(*row->place, row->info.size, row->info.digest, Waiting::refused);
    if (!bytes)
        return std::nullopt;
    auto content = in_use.share(row->place->sequence, {*std::move(bytes)});
    return StoredImage{.info = std::move(row->info), .bytes = std::move(content.bytes)};
}

std::optional<ImageInfo> SqliteImageStore::cached_info(PersonId person_id) const {
    auto row = folder_->index().find(person_id);
    return row ? std::optional{std::move(row->info)} : std::nullopt;
}

result<std::vector<std::optional<ImageInfo>>>
SqliteImageStore::infos(std::span<const PersonId> persons) const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    PORTRAIT_TRY_GET(found, find_infos(*connection, persons));
    std::vector<std::optional<ImageInfo>> infos;
    infos.reserve(persons.size());
    for (const auto person_id : persons) {
        const auto info = found.find(person_id);
        infos.push_back(info == found.end() ? std::nullopt : std::optional{info->second});
    }
    return infos;
}

result<std::vector<PersonId>> SqliteImageStore::persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    auto query = connection->query("SELECT person_id FROM person_image "
                                   "JOIN blob ON blob.blob_id = person_image.blob_id "
                                   "WHERE person_id > ? AND segment IS NOT NULL "
                                   "ORDER BY person_id LIMIT ?",
                                   after ? after->value() : 0, limit);
    std::vector<PersonId> persons;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(person_id, PersonId::from(query.integer(0)));
        persons.push_back(person_id);
        return {};
    }));
    return persons;
}

// These wait for the commit, so they can pass the command by reference.

result<ImageInfo> SqliteImageStore::update_info(UpdateImageInfo command) {
    return folder_->committer().run<ImageInfo>(
        [&](Transaction& transaction) { return apply_update_info(transaction, command); });
}

result<RemovedImage> SqliteImageStore::remove(RemoveImage command) {
    return folder_->committer().run<RemovedImage>(
        [&](Transaction& transaction) { return apply_remove(transaction, command); }, Room::frees);
}

result<ImageInfo> SqliteImageStore::link(LinkImage command) {
    return folder_->committer().run<ImageInfo>(
        [&](Transaction& transaction) { return apply_link(transaction, command); });
}

result<std::optional<BlobId>> SqliteImageStore::unlink(UnlinkImage command) {
    return folder_->committer().run<std::optional<BlobId>>(
        [&](Transaction& transaction) { return apply_unlink(transaction, command); }, Room::frees);
}

result<void> SqliteImageStore::writable() const {
    return folder_->writable();
}

std::shared_ptr<SqlitePersonDirectory> SqliteImageStore::persons() const {
    return std::shared_ptr<SqlitePersonDirectory>{new SqlitePersonDirectory{folder_}};
}

StoreStatistics SqliteImageStore::statistics() const {
    return folder_->statistics();
}

} // namespace portrait::sqlite
