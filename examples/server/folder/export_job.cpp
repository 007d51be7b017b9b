#include "folder/folder_job.hpp"

#include "folder/bounded_lines.hpp"
#include "folder/manifest.hpp"

#include <portrait/sqlite/open_folder.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;
using portrait::errc;
using portrait::ImageInfo;
using portrait::sqlite::OpenFolder;

constexpr const char* partial_manifest_name = "manifest.jsonl.partial";
constexpr const char* earlier_manifest_name = "manifest.jsonl.earlier";
constexpr std::size_t persons_per_page = 1000;

/// An entry of an earlier export, complete or not.
struct EarlierEntry {
    ManifestEntry entry;
    bool is_durable = false; ///< its file was synced before the manifest got its name
};

/// The entries of an earlier export by person id.
using Earlier = std::map<std::int32_t, EarlierEntry>;

void read_earlier(const fs::path& folder, const char* name, Earlier& earlier) {
    BoundedLines lines{open_regular_file(AT_FDCWD, folder / name), max_manifest_line};
    const bool is_durable = name == std::string_view{manifest_name};
    for (std::string line; lines.next(line) == BoundedLines::Read::line;)
        if (auto entry = parse_manifest_line(line)) { // the last line of an interrupted export may be cut
            const auto id = entry->person_id.value();
            earlier.insert_or_assign(id, EarlierEntry{*std::move(entry), is_durable});
        }
}

bool is_current(const OpenFolder& target, const Earlier& earlier, portrait::PersonId id,
                const ImageInfo& info) {
    const auto found = earlier.find(id.value());
    if (found == earlier.end())
        return false;
    const auto& [entry, is_durable] = found->second;
    if (entry.info.version() != info.version() || entry.info.digest != info.digest)
        return false;
    // A power cut may have left the line and not the file.
    if (!is_durable)
        return read_picture(target.descriptor(), entry).has_value();
    std::error_code missing;
    return fs::file_size(target.path() / entry.file, missing) == info.size && !missing;
}

std::string file_of(portrait::PersonId id, portrait::ImageFormat format) {
    return fmt::format("{}.{}", id.value(), portrait::file_extension(format));
}

std::string partial_of(const std::string& file) {
    return file + ".partial";
}

/// Whether an export makes files of this name for pictures.
bool is_picture_file(const std::string& name) {
    const auto id = portrait::PersonId::parse(std::string_view{name}.substr(0, name.find('.')));
    return id && std::any_of(portrait::all_image_formats.begin(), portrait::all_image_formats.end(),
                             [&](portrait::ImageFormat format) {
                                 const auto file = file_of(*id, format);
                                 return name == file || name == partial_of(file);
                             });
}

bool write_file(const fs::path& path, std::string_view bytes) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    return static_cast<bool>(file);
}

bool rename_file(const fs::path& folder, const std::string& from, const std::string& to) {
    std::error_code failure;
    fs::rename(folder / from, folder / to, failure);
    return !failure;
}

/// Syncs the file system of a folder.
bool sync_all(const OpenFolder& folder) {
    return ::syncfs(folder.descriptor()) == 0;
}

/// Syncs the names in a folder.
bool sync_names(const OpenFolder& folder) {
    return ::fsync(folder.descriptor()) == 0;
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

/// The entries of a page of persons, and whether the file of each waits under its partial name.
using Page = std::vector<std::pair<ManifestEntry, bool>>;

/// Writes one person's file under its partial name, unless it is current. `person` is absent when the person
/// isn't in the table of persons. Returns the end of an export that fails.
std::optional<JobEnd> export_person(const portrait::ImageStore& store, const OpenFolder& target,
                                    const Earlier& earlier, portrait::PersonId id,
                                    const std::optional<portrait::KnownPerson>& person, Page& page,
                                    Counts& counts, JobListener& listener) {
    const auto info = store.info(id);
    if (!info || !info->format) // removed since it was listed
        return std::nullopt;
    ManifestEntry entry{id, person ? std::optional{person->full_name} : std::nullopt, {}, *info};
    std::optional<portrait::ImageBytes> bytes;
    if (!is_current(target, earlier, id, *info)) {
        const auto stored = store.image(id);
        if (!stored && stored.error() != errc::store_corrupt)
            return std::nullopt;
        if (!stored) {
            ++counts.damaged;
            listener.say(fmt::format("person {}: {}", id.value(), stored.error().cause()));
            return std::nullopt;
        }
        entry.info = stored->info;
        bytes = stored->bytes;
    }
    entry.file = file_of(id, *entry.info.format);
    if (bytes) {
        if (!write_file(target.path() / partial_of(entry.file), bytes->text()))
            return disk_failed(target.name() / entry.file);
        ++counts.written;
    }
    ++counts.pictures;
    counts.bytes += entry.info.size;
    page.emplace_back(std::move(entry), bytes.has_value());
    return std::nullopt;
}

/// Gives the files of a page their names, after one sync for all of them: a power cut leaves no half file
/// under a picture's name.
std::optional<JobEnd> finish_page(const OpenFolder& target, const Page& page, std::ofstream& manifest) {
    const bool writes = std::any_of(page.begin(), page.end(), [](const auto& entry) { return entry.second; });
    if (writes && !sync_all(target))
        return disk_failed(target.name());
    for (const auto& [entry, is_written] : page) {
        if (is_written && !rename_file(target.path(), partial_of(entry.file), entry.file))
            return disk_failed(target.name() / entry.file);
        manifest << manifest_line(entry);
    }
    return std::nullopt;
}

/// Exports all persons page by page. Returns the end of an export that fails.
std::optional<JobEnd> export_persons(const Store& opened, const OpenFolder& target, const Earlier& earlier,
                                     std::ofstream& manifest, Counts& counts, JobListener& listener) {
    const auto images = opened.images();
    for (std::optional<portrait::PersonId> after;;) {
        const auto ids = images->persons_with_image(after, persons_per_page);
        if (!ids)
            return end_of_failed_job(ids.error(), "The export");
        if (ids->empty())
            return std::nullopt;
        const auto persons = opened.persons()->find_all(*ids);
        if (!persons)
            return end_of_failed_job(persons.error(), "The export");
        Page page;
        for (std::size_t index = 0; index < ids->size(); ++index) {
            if (auto end = export_person(*images, target, earlier, (*ids)[index], (*persons)[index], page,
                                         counts, listener))
                return end;
            if (!listener.progress("pictures", counts.bytes, 0))
                return JobEnd{exit_code::failure, "The export was stopped"};
        }
        if (auto end = finish_page(target, page, manifest))
            return end;
        after = ids->back();
    }
}

/// Removes the files of pictures that the new manifest doesn't list: those of earlier exports, also of
/// interrupted ones.
void remove_stale(const fs::path& folder) {
    Earlier now;
    read_earlier(folder, manifest_name, now);
    std::set<std::string> listed;
    for (const auto& [id, current] : now)
        listed.insert(current.entry.file);
    std::vector<fs::path> stale;
    std::error_code ignored;
    for (fs::directory_iterator entry{folder, ignored}, end; !ignored && entry != end;
         entry.increment(ignored))
        if (const auto name = entry->path().filename().string();
            is_picture_file(name) && !listed.contains(name))
            stale.push_back(entry->path());
    for (const auto& path : stale)
        fs::remove(path, ignored);
    fs::remove(folder / earlier_manifest_name, ignored);
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
        read_earlier(folder, name, earlier);
    Counts counts;
    // Save the entries of interrupted exports: this one may be interrupted, too.
    if (fs::exists(folder / partial_manifest_name, failure)) {
        std::string lines;
        for (const auto& [id, entry] : earlier)
            lines += manifest_line(entry.entry);
        const auto partial = partial_of(earlier_manifest_name);
        if (!write_file(folder / partial, lines) || !rename_file(folder, partial, earlier_manifest_name))
            return disk_failed(target.name() / earlier_manifest_name);
    }
    {
        // Before the first picture: what is erased from now on is newer than this export.
        const auto erasures = place.store.images()->erasures();
        if (!erasures)
            return end_of_failed_job(erasures.error(), "The export");
        std::ofstream manifest{folder / partial_manifest_name, std::ios::binary | std::ios::trunc};
        manifest << manifest_head({.epoch = place.store.images()->epoch(),
                                   .erasures = *erasures,
                                   .at = place.store.clock()->now()});
        // Before the first picture, too: by this name the next export recognises the folder of this one.
        if (!sync_names(target))
            return disk_failed(target.name() / partial_manifest_name);
        if (auto end = export_persons(place.store, target, earlier, manifest, counts, listener))
            return *end;
        manifest.close();
        if (!manifest || !sync_all(target))
            return disk_failed(target.name() / partial_manifest_name);
    }
    if (!rename_file(folder, partial_manifest_name, manifest_name) || !sync_names(target))
        return disk_failed(target.name() / manifest_name);
    remove_stale(folder);
    if (!sync_names(target)) // else a power cut may bring a removed picture back
        return disk_failed(target.name());
    listener.say(fmt::format("export in {}: {} pictures, {} of them written now", target.name().string(),
                             counts.pictures, counts.written));
    if (counts.damaged != 0)
        return {exit_code::failure,
                fmt::format("{} pictures could not be read and are not in the export", counts.damaged)};
    return {};
}

} // namespace portrait_server
