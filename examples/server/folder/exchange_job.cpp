#include "folder/folder_job.hpp"

#include "folder/manifest.hpp"

#include <portrait/probe.hpp>
#include <portrait/sqlite/open_folder.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;
using portrait::errc;
using portrait::Error;
using portrait::ImageInfo;
using portrait::sqlite::OpenFolder;
using portrait::sqlite::SqliteImageStore;

constexpr const char* partial_manifest_name = "manifest.jsonl.partial";
constexpr const char* earlier_manifest_name = "manifest.jsonl.earlier";
constexpr std::size_t persons_per_page = 1000;
constexpr std::uint64_t largest_picture = std::numeric_limits<std::int32_t>::max();

/// The entries of an earlier export, complete or not, by person id.
using Earlier = std::map<std::int32_t, ManifestEntry>;

void read_earlier(const fs::path& path, Earlier& earlier) {
    std::ifstream file{path, std::ios::binary};
    for (std::string line; std::getline(file, line);)
        if (auto entry = parse_manifest_line(line)) { // the last line of an interrupted export may be cut
            const auto id = entry->person_id.value();
            earlier.insert_or_assign(id, *std::move(entry));
        }
}

bool is_current(const fs::path& folder, const Earlier& earlier, portrait::PersonId id,
                const ImageInfo& info) {
    const auto found = earlier.find(id.value());
    std::error_code missing;
    return found != earlier.end() && found->second.info.version() == info.version() &&
           found->second.info.digest == info.digest &&
           fs::file_size(folder / found->second.file, missing) == info.size && !missing;
}

/// Writes a file atomically: it gets its name when it is complete.
bool write_file(const fs::path& path, std::string_view bytes) {
    const auto partial = path.string() + ".partial";
    {
        std::ofstream file{partial, std::ios::binary | std::ios::trunc};
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file.close();
        if (!file)
            return false;
    }
    std::error_code failure;
    fs::rename(partial, path, failure);
    return !failure;
}

/// Syncs the file system of a folder.
bool sync_all(const fs::path& folder) {
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = opened >= 0 && ::syncfs(opened) == 0;
    if (opened >= 0)
        ::close(opened);
    return synced;
}

JobEnd disk_failed(const fs::path& path) {
    return {exit_code::failure, fmt::format("The export failed: {} can't be written: {}", path.string(),
                                            std::generic_category().message(errno))};
}

struct Counts {
    std::uint64_t bytes = 0;
    std::uint64_t pictures = 0;
    std::uint64_t written = 0;
    std::uint64_t damaged = 0;
};

/// Writes one person's file, unless it is current, and its line. Returns the end of an export that fails.
std::optional<JobEnd> export_person(const SqliteImageStore& store, const OpenFolder& target,
                                    const Earlier& earlier, const portrait::sqlite::PersonWithImage& person,
                                    std::ofstream& manifest, Counts& counts, JobListener& listener) {
    const auto info = store.info(person.id);
    if (!info || !info->format) // removed since it was listed
        return std::nullopt;
    ManifestEntry entry{person.id, person.name, {}, *info};
    const auto folder = target.path();
    std::optional<portrait::ImageBytes> bytes;
    if (!is_current(folder, earlier, person.id, *info)) {
        const auto stored = store.image(person.id);
        if (!stored && stored.error() != errc::store_corrupt)
            return std::nullopt;
        if (!stored) {
            ++counts.damaged;
            listener.say(fmt::format("person {}: {}", person.id.value(), stored.error().cause()));
            return std::nullopt;
        }
        entry.info = stored->info;
        bytes = stored->bytes;
    }
    entry.file = fmt::format("{}.{}", person.id.value(), portrait::file_extension(*entry.info.format));
    if (bytes) {
        if (!write_file(folder / entry.file, bytes->text()))
            return disk_failed(target.name() / entry.file);
        ++counts.written;
    }
    manifest << manifest_line(entry);
    ++counts.pictures;
    counts.bytes += entry.info.size;
    return std::nullopt;
}

/// Removes files of an earlier export that the new manifest doesn't list.
void remove_stale(const fs::path& folder, const Earlier& earlier) {
    Earlier now;
    read_earlier(folder / manifest_name, now);
    std::error_code ignored;
    for (const auto& [id, entry] : earlier)
        if (const auto found = now.find(id); found == now.end() || found->second.file != entry.file)
            fs::remove(folder / entry.file, ignored);
}

/// Reads a picture and compares it with the manifest's size and digest.
[[nodiscard]] portrait::result<portrait::ImageContent> read_picture(const fs::path& path,
                                                                    const ManifestEntry& entry) {
    std::error_code failure;
    const auto size = fs::file_size(path, failure);
    if (failure)
        return Error{errc::store_io, failure.message()};
    if (size != entry.info.size || size > largest_picture)
        return Error{errc::image_truncated, "The size of the file differs from the manifest"};
    std::vector<std::byte> bytes(size);
    std::ifstream file{path, std::ios::binary};
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        return Error{errc::store_io, "The file can't be read"};
    const auto digest = portrait::digest_of(bytes);
    if (digest != entry.info.digest)
        return Error{errc::image_corrupt, "The digest of the file differs from the manifest"};
    const auto header = portrait::probe(bytes);
    if (!header)
        return header.error();
    return portrait::ImageContent{portrait::ImageBytes{std::move(bytes)}, *header, digest};
}

/// The state of an import.
class Import {
public:
    Import(JobPlace place, const fs::path& folder)
        : place_{place}
        , folder_{folder} {}

    /// Adds one entry. An error is about this entry unless `ends_the_import`.
    [[nodiscard]] portrait::result<void> add(const ManifestEntry& entry) {
        if (entry.person_name)
            if (auto known = add_person(entry.person_id, *entry.person_name); !known)
                return known;
        const auto there = place_.images.info(entry.person_id);
        if (there && there->digest == entry.info.digest && there->created_at == entry.info.created_at)
            return skip(*there, entry);
        if (there)
            return Error{errc::precondition_failed, "The person has another picture and keeps it"};
        if (there.error() != errc::image_none)
            return there.error();
        const auto shared = blobs_.find(entry.info.blob_id);
        return shared == blobs_.end() ? save(entry) : link(entry, shared->second);
    }

    std::uint64_t added = 0;
    std::uint64_t already_there = 0;

private:
    [[nodiscard]] portrait::result<void> add_person(portrait::PersonId id, const std::string& name) {
        const auto known = place_.store.persons()->contains(id);
        if (!known)
            return known.error();
        return *known ? portrait::result<void>{} : place_.store.persons()->add(id, name);
    }

    [[nodiscard]] portrait::result<void> skip(const ImageInfo& there, const ManifestEntry& entry) {
        blobs_.insert_or_assign(entry.info.blob_id, there.blob_id);
        ++already_there;
        // An earlier import may have been interrupted between `save` and `update`.
        return there.updated_at == entry.info.updated_at ? portrait::result<void>{} : update(entry);
    }

    [[nodiscard]] portrait::result<void> save(const ManifestEntry& entry) {
        auto content = read_picture(folder_ / entry.file, entry);
        if (!content)
            return content.error();
        const auto& info = entry.info;
        const auto saved = place_.images.save(
            {.target = entry.person_id,
             .content = *std::move(content),
             .texts = {info.description, info.extra_info, info.conceptual_type},
             .actor = info.created_by,
             .now = info.created_at,
             // A client may have stored a picture since.
             .precondition = {.if_match = {},
                              .if_none_match = portrait::VersionCondition{.any = true, .versions = {}},
                              .if_unmodified_since = {}}});
        if (!saved)
            return saved.error();
        blobs_.insert_or_assign(info.blob_id, saved->blob_id());
        ++added;
        return info.updated_at == info.created_at && info.updated_by == info.created_by
                   ? portrait::result<void>{}
                   : update(entry);
    }

    /// Sets the author and the time of the last change.
    [[nodiscard]] portrait::result<void> update(const ManifestEntry& entry) {
        const auto updated = place_.images.update_info({.target = entry.person_id,
                                                        .description = entry.info.description,
                                                        .extra_info = entry.info.extra_info,
                                                        .conceptual_type = entry.info.conceptual_type,
                                                        .expected_blob_id = {},
                                                        .actor = entry.info.updated_by,
                                                        .now = entry.info.updated_at,
                                                        .precondition = {}});
        return updated ? portrait::result<void>{} : updated.error();
    }

    [[nodiscard]] portrait::result<void> link(const ManifestEntry& entry, portrait::BlobId blob_id) {
        const auto linked = place_.images.link({.person_id = entry.person_id,
                                                .blob_id = blob_id,
                                                .actor = entry.info.updated_by,
                                                .now = entry.info.linked_at});
        if (!linked)
            return linked.error();
        ++added;
        return {};
    }

    const JobPlace place_;
    const fs::path& folder_;
    std::map<portrait::BlobId, portrait::BlobId> blobs_; ///< ids of the export → ids of the store
};

bool ends_the_import(const Error& error) {
    return error == errc::store_full || error == errc::store_closed || error == errc::service_busy ||
           error == errc::store_read_only || error == errc::blob_ids_exhausted;
}

} // namespace

JobEnd export_pictures(JobPlace place, const OpenFolder& target, JobListener& listener) {
    // All of its files, since each may be one that an export replaces or removes.
    if (const auto checked = target.check_subfolder("."); !checked)
        return end_of_failed_job(checked.error(), "The export");
    const auto folder = target.path();
    std::error_code failure;
    const bool has_manifest =
        fs::exists(folder / manifest_name, failure) || fs::exists(folder / partial_manifest_name, failure);
    if (!has_manifest && !fs::is_empty(folder, failure))
        return {exit_code::refused, fmt::format("{} is not empty and holds no export; choose another folder",
                                                target.name().string())};
    Earlier earlier;
    for (const auto* const name : {manifest_name, earlier_manifest_name, partial_manifest_name})
        read_earlier(folder / name, earlier);
    Counts counts;
    // Save the entries of interrupted exports: this one may be interrupted, too.
    if (fs::exists(folder / partial_manifest_name, failure)) {
        std::string lines;
        for (const auto& [id, entry] : earlier)
            lines += manifest_line(entry);
        if (!write_file(folder / earlier_manifest_name, lines))
            return disk_failed(target.name() / earlier_manifest_name);
    }
    {
        std::ofstream manifest{folder / partial_manifest_name, std::ios::binary | std::ios::trunc};
        for (std::optional<portrait::PersonId> after;;) {
            const auto persons = place.store.persons_with_image(after, persons_per_page);
            if (!persons)
                return end_of_failed_job(persons.error(), "The export");
            if (persons->empty())
                break;
            for (const auto& person : *persons) {
                if (auto end =
                        export_person(place.store, target, earlier, person, manifest, counts, listener))
                    return *end;
                if (!listener.progress("pictures", counts.bytes, 0))
                    return {exit_code::failure, "The export was stopped"};
            }
            after = persons->back().id;
        }
        manifest.close();
        if (!manifest || !sync_all(folder))
            return disk_failed(target.name() / partial_manifest_name);
    }
    fs::rename(folder / partial_manifest_name, folder / manifest_name, failure);
    if (failure || !sync_all(folder))
        return disk_failed(target.name() / manifest_name);
    remove_stale(folder, earlier);
    fs::remove(folder / earlier_manifest_name, failure);
    listener.say(fmt::format("export in {}: {} pictures, {} of them written now", target.name().string(),
                             counts.pictures, counts.written));
    if (counts.damaged != 0)
        return {exit_code::failure,
                fmt::format("{} pictures could not be read and are not in the export", counts.damaged)};
    return {};
}

JobEnd import_pictures(JobPlace place, const fs::path& folder, JobListener& listener) {
    std::ifstream manifest{folder / manifest_name, std::ios::binary};
    if (!manifest)
        return {exit_code::refused, fmt::format("The folder {} holds no {}", folder.string(), manifest_name)};
    Import import{place, folder};
    std::uint64_t bytes = 0;
    std::uint64_t number = 0;
    std::uint64_t faults = 0;
    for (std::string line; std::getline(manifest, line);) {
        ++number;
        const auto entry = parse_manifest_line(line);
        if (!entry) {
            ++faults;
            listener.say(fmt::format("line {} of {}: {}", number, manifest_name, entry.error().sentence));
            continue;
        }
        if (const auto done = import.add(*entry); !done) {
            if (ends_the_import(done.error()))
                return {exit_code::failure,
                        fmt::format("The import failed at person {}: {}", entry->person_id.value(),
                                    plain_refusal(done.error()))};
            ++faults;
            listener.say(fmt::format("person {} ({}): {}", entry->person_id.value(), entry->file,
                                     plain_refusal(done.error())));
        }
        bytes += entry->info.size;
        if (!listener.progress("pictures", bytes, 0))
            return {exit_code::failure, "The import was stopped"};
    }
    listener.say(fmt::format("{} pictures added, {} were there already", import.added, import.already_there));
    if (faults != 0)
        return {exit_code::failure, fmt::format("{} of {} lines were not imported", faults, number)};
    return {};
}

} // namespace portrait_server
