#include "folder/folder_job.hpp"

#include "folder/manifest.hpp"

#include <portrait/image_store.hpp>
#include <portrait/probe.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>
#include <vector>

namespace portrait_server {

namespace {

namespace fs = std::filesystem;
using portrait::errc;
using portrait::Error;
using portrait::ImageInfo;

constexpr std::uint64_t largest_picture = std::numeric_limits<std::int32_t>::max();

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
            if (auto added = add_person(entry.person_id, *entry.person_name); !added)
                return added;
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

    std::uint64_t added() const noexcept { return added_; }
    std::uint64_t already_there() const noexcept { return there_; }

private:
    [[nodiscard]] portrait::result<void> add_person(portrait::PersonId id, const std::string& name) {
        const auto known = place_.store.persons()->contains(id);
        if (!known)
            return known.error();
        return *known ? portrait::result<void>{} : place_.store.persons()->add(id, name);
    }

    [[nodiscard]] portrait::result<void> skip(const ImageInfo& there, const ManifestEntry& entry) {
        blobs_.insert_or_assign(entry.info.blob_id, there.blob_id);
        ++there_;
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
        ++added_;
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
        if (!updated)
            return updated.error();
        return {};
    }

    [[nodiscard]] portrait::result<void> link(const ManifestEntry& entry, portrait::BlobId blob_id) {
        const auto linked = place_.images.link({.person_id = entry.person_id,
                                                .blob_id = blob_id,
                                                .actor = entry.info.updated_by,
                                                .now = entry.info.linked_at});
        if (!linked)
            return linked.error();
        ++added_;
        return {};
    }

    const JobPlace place_;
    const fs::path& folder_;
    std::map<portrait::BlobId, portrait::BlobId> blobs_; ///< ids of the export → ids of the store
    std::uint64_t added_ = 0;
    std::uint64_t there_ = 0;
};

bool ends_the_import(const Error& error) {
    return error == errc::store_full || error == errc::store_closed || error == errc::service_busy ||
           error == errc::store_read_only || error == errc::blob_ids_exhausted;
}

} // namespace

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
    listener.say(
        fmt::format("{} pictures added, {} were there already", import.added(), import.already_there()));
    if (faults != 0)
        return {exit_code::failure, fmt::format("{} of {} lines were not imported", faults, number)};
    return {};
}

} // namespace portrait_server
