#include <portrait/sqlite/image_store.hpp>

#include "folder/data_folder.hpp"
#include "rows/image_writes.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <sqlite3.h>

#include <future>
#include <utility>

namespace portrait::sqlite {

namespace {

/// The longest picture that is read by a thread that must not wait.
constexpr std::uint64_t longest_at_hand = 256ULL * 1024;

[[nodiscard]] result<BlobRow> row_of(DataFolder& folder, ImageKey key) {
    const auto connection = folder.readers().take();
    if (!connection)
        return connection.error();
    auto row = find_blob(**connection, key);
    if (!row)
        return row.error();
    if (!*row)
        return nothing_at(key);
    return **std::move(row);
}

/// Reads the bytes, or shares them with requests that have them in memory.
[[nodiscard]] result<ImageBytes> bytes_of(DataFolder& folder, const BlobRow& row) {
    auto content = folder.records_in_use().find_or_read(row.place->sequence, [&]() -> result<RecordContent> {
        const auto file = folder.segments().file(row.place->range.segment);
        if (!file)
            return file.error();
        auto bytes = (*file)->read(*row.place, row.info.size, row.info.digest);
        if (!bytes)
            return bytes.error();
        return RecordContent{*std::move(bytes)};
    });
    if (!content)
        return content.error();
    return std::move(content->bytes);
}

/// Puts the bytes into a segment; the range is freed again when that fails.
[[nodiscard]] result<Reservation> write(DataFolder& folder, const ImageContent& content) {
    auto reserved = folder.segments().reserve(content.bytes.size());
    if (!reserved)
        return reserved.error();
    if (const auto written = reserved->write(content.bytes, content.digest); !written) {
        folder.committer().abandon(reserved->place().range);
        return written.error();
    }
    return reserved;
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
    auto folder = DataFolder::open(std::move(options));
    if (!folder)
        return folder.error();
    return std::unique_ptr<SqliteImageStore>{new SqliteImageStore{std::move(*folder)}};
}

result<SavedImage> SqliteImageStore::save(SaveImage command) {
    const auto promise = std::make_shared<std::promise<result<SavedImage>>>();
    auto outcome = promise->get_future();
    submit(std::move(command), [promise](result<SavedImage> saved) { promise->set_value(std::move(saved)); });
    return outcome.get();
}

void SqliteImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    auto& committer = folder_->committer();
    if (committer.on_own_thread())
        return completion(Error{errc::service_busy}.with_cause("a completion called a write"));
    if (const auto open = writable(); !open)
        return completion(open.error());

    std::optional<Reservation> written;
    std::optional<WrittenContent> content;
    if (command.content) {
        auto reserved = write(*folder_, *command.content);
        if (!reserved)
            return completion(reserved.error());
        content = WrittenContent{reserved->place(), command.content->bytes.size(), command.content->header,
                                 command.content->digest};
        written = std::move(*reserved);
        // They are in the file: waiting for the commit takes no memory for them.
        command.content.reset();
    }
    auto apply = [command = std::move(command), content](Transaction& transaction) {
        return apply_save(transaction, command, content);
    };
    auto member =
        std::make_unique<WriteMember<SavedImage, decltype(apply)>>(std::move(apply), std::move(completion));
    member->written = std::move(written);
    committer.add(std::move(member));
}

result<StoredImage> SqliteImageStore::image(ImageKey key) const {
    folder_->resident_readers().open_missing();
    const ReaderPins::Pin pin{folder_->pins()};
    std::optional<RecordPlace> tried;
    for (;;) {
        auto row = row_of(*folder_, key);
        if (!row)
            return row.error();
        if (!row->place)
            return Error{errc::blob_without_image};
        auto bytes = bytes_of(*folder_, *row);
        if (bytes)
            return StoredImage{.info = std::move(row->info), .bytes = *std::move(bytes)};
        // The row may have got another place meanwhile; if it hasn't, the damage is real.
        if (tried == row->place)
            return bytes.error();
        tried = row->place;
    }
}

result<ImageInfo> SqliteImageStore::info(ImageKey key) const {
    folder_->resident_readers().open_missing();
    auto row = row_of(*folder_, key);
    if (!row)
        return row.error();
    return std::move(row->info);
}

std::optional<StoredImage> SqliteImageStore::cached_image(PersonId person_id) const {
    const ReaderPins::Pin pin{folder_->pins()};
    auto row = folder_->resident_readers().find(person_id);
    if (!row || !row->place)
        return std::nullopt;
    auto& in_use = folder_->records_in_use();
    if (auto content = in_use.find(row->place->sequence))
        return StoredImage{.info = std::move(row->info), .bytes = std::move(content->bytes)};
    if (row->info.size > longest_at_hand)
        return std::nullopt;
    const auto file = folder_->segments().open_file(row->place->range.segment);
    if (!file)
        return std::nullopt;
    auto bytes = file->read_resident(*row->place, row->info.size, row->info.digest);
    if (!bytes)
        return std::nullopt;
    auto content = in_use.share(row->place->sequence, {*std::move(bytes)});
    return StoredImage{.info = std::move(row->info), .bytes = std::move(content.bytes)};
}

std::optional<ImageInfo> SqliteImageStore::cached_info(PersonId person_id) const {
    auto row = folder_->resident_readers().find(person_id);
    if (!row)
        return std::nullopt;
    return std::move(row->info);
}

result<std::vector<std::optional<ImageInfo>>>
SqliteImageStore::infos(std::span<const PersonId> persons) const {
    const auto connection = folder_->readers().take();
    if (!connection)
        return connection.error();
    const auto found = find_infos(**connection, persons);
    if (!found)
        return found.error();
    std::vector<std::optional<ImageInfo>> infos;
    infos.reserve(persons.size());
    for (const auto person_id : persons) {
        const auto info = found->find(person_id);
        infos.push_back(info == found->end() ? std::nullopt : std::optional{info->second});
    }
    return infos;
}

result<ImageInfo> SqliteImageStore::update_info(UpdateImageInfo command) {
    return folder_->committer().run<ImageInfo>([command = std::move(command)](Transaction& transaction) {
        return apply_update_info(transaction, command);
    });
}

result<RemovedImage> SqliteImageStore::remove(RemoveImage command) {
    return folder_->committer().run<RemovedImage>([command = std::move(command)](Transaction& transaction) {
        return apply_remove(transaction, command);
    });
}

result<ImageInfo> SqliteImageStore::link(LinkImage command) {
    return folder_->committer().run<ImageInfo>([command = std::move(command)](Transaction& transaction) {
        return apply_link(transaction, command);
    });
}

result<std::optional<BlobId>> SqliteImageStore::unlink(UnlinkImage command) {
    return folder_->committer().run<std::optional<BlobId>>(
        [command = std::move(command)](Transaction& transaction) {
            return apply_unlink(transaction, command);
        });
}

result<void> SqliteImageStore::writable() const {
    return folder_->committer().writable();
}

std::shared_ptr<SqlitePersonDirectory> SqliteImageStore::persons() const {
    return std::shared_ptr<SqlitePersonDirectory>{new SqlitePersonDirectory{folder_}};
}

StoreStatistics SqliteImageStore::statistics() const {
    return folder_->statistics();
}

} // namespace portrait::sqlite
