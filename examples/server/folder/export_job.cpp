#include "folder/folder_job.hpp"

#include "folder/bounded_lines.hpp"
#include "folder/manifest.hpp"

#include <portrait/sqlite/open_folder.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <system_error>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;
using portrait::errc;
using portrait::ImageInfo;
using portrait::sqlite::OpenFolder;
using portrait::sqlite::SqliteImageStore;

constexpr const char* partial_manifest_name = "manifest.jsonl.partial";
constexpr const char* earlier_manifest_name = "manifest.jsonl.earlier";
constexpr std::size_t persons_per_page = 1000;

/// The entries of an earlier export, complete or not, by person id.
using Earlier = std::map<std::int32_t, ManifestEntry>;

void read_earlier(const fs::path& path, Earlier& earlier) {
    BoundedLines lines{open_regular_file(AT_FDCWD, path), max_manifest_line};
    for (std::string line; lines.next(line) == BoundedLines::Read::line;)
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
        // Before the first picture: what is erased from now on is newer than this export.
        const auto erasures = place.store.erasures();
        if (!erasures)
            return end_of_failed_job(erasures.error(), "The export");
        std::ofstream manifest{folder / partial_manifest_name, std::ios::binary | std::ios::trunc};
        manifest << manifest_head(
            {.epoch = place.store.epoch(), .erasures = *erasures, .at = portrait::system_clock()->now()});
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

} // namespace portrait_server
