#include "folder/import_job.hpp"

#include "folder/bounded_lines.hpp"

#include <portrait/person_image_service.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <future>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;
using portrait::BlobId;
using portrait::errc;
using portrait::Error;
using portrait::ImageBytes;

Error file_failed() {
    return Error{errc::store_io, std::generic_category().message(errno)};
}

bool ends_the_import(const Error& error) {
    return error == errc::store_full || error == errc::store_closed || error == errc::service_busy ||
           error == errc::store_read_only || error == errc::audit_unavailable ||
           error == errc::blob_ids_exhausted;
}

Error another_picture() {
    return Error{errc::precondition_failed, "The person has another picture and keeps it"};
}

/// Before the bytes are read into memory; the service checks them again.
[[nodiscard]] portrait::result<void> check_declared_size(std::uint64_t size, const portrait::Limits& limits) {
    const auto largest = std::min(limits.max_bytes, largest_picture);
    if (size <= largest)
        return {};
    return Error{errc::image_too_many_bytes,
                 fmt::format("The picture has {} bytes; at most {} are accepted", size, largest)}
        .with_limit(size, largest);
}

/// Pictures that are being added at a time, so that they share the store's commits.
constexpr std::size_t most_pictures_at_once = 64;
/// Bytes of the pictures that are being added, beyond which no other one is begun.
constexpr std::uint64_t most_bytes_at_once = std::uint64_t{64} << 20;

/// One import. Adds several pictures at a time if the target allows it, and reports them in the order of the
/// manifest.
class Import {
public:
    Import(ImportTarget& target, int folder, JobListener& listener)
        : target_{target}
        , folder_{folder}
        , listener_{listener} {
        if (target.takes_several())
            threads_.emplace(most_pictures_at_once);
    }
    /// Begins to add the picture of a line of the manifest. Returns the end of an import that can't go on.
    std::optional<JobEnd> add(std::string_view line) {
        ++lines_;
        if (lines_ == 1) {
            const auto head = parse_manifest_head(line);
            if (!head)
                return JobEnd{exit_code::refused, head.error().sentence};
            if (*head) {
                exported_ = **head;
                return std::nullopt;
            }
        }
        ++entries_;
        auto entry = parse_manifest_line(line);
        // A picture that another one depends on has to be in the store first.
        if (!entry || begun_has(*entry))
            if (auto end = finish_all())
                return end;
        if (!entry) {
            ++faults_;
            listener_.say(fmt::format("line {} of {}: {}", lines_, manifest_name, entry.error().sentence));
            return std::nullopt;
        }
        begin(*std::move(entry));
        while (!begun_.empty() &&
               (!threads_ || begun_.size() >= 2 * most_pictures_at_once || begun_bytes_ > most_bytes_at_once))
            if (auto end = finish_first())
                return end;
        return std::nullopt;
    }

    /// Waits for all pictures that were begun. Returns the end of an import that can't go on.
    std::optional<JobEnd> finish_all() {
        while (!begun_.empty())
            if (auto end = finish_first())
                return end;
        return std::nullopt;
    }

    /// The end of an import whose manifest can't be read beyond the last line.
    JobEnd end_of_unreadable(std::string_view fault) const {
        return {exit_code::failure,
                fmt::format("The import ended at line {} of {}: {}", lines_ + 1, manifest_name, fault)};
    }

    JobEnd end() const {
        listener_.say(fmt::format("{} pictures added, {} were there already", added_, already_there_));
        if (faults_ != 0)
            return {exit_code::failure,
                    fmt::format("{} of {} pictures were not imported", faults_, entries_)};
        return {};
    }

private:
    struct Begun {
        ManifestEntry entry;
        std::future<Outcome<Imported>> outcome;
    };

    bool begun_has(const ManifestEntry& entry) const {
        return std::any_of(begun_.begin(), begun_.end(), [&](const Begun& begun) {
            return begun.entry.person_id == entry.person_id || begun.entry.info.blob_id == entry.info.blob_id;
        });
    }

    void begin(ManifestEntry entry) {
        const auto shared = blobs_.find(entry.info.blob_id);
        const ImportContext context{.exported = exported_,
                                    .shared = shared == blobs_.end() ? std::nullopt
                                                                     : std::optional{shared->second}};
        std::packaged_task<Outcome<Imported>()> task{[this, entry, context] {
            return target_.add(entry, context, [&] { return read_picture(folder_, entry); });
        }};
        begun_bytes_ += entry.info.size;
        begun_.push_back({std::move(entry), task.get_future()});
        if (threads_)
            boost::asio::post(*threads_, std::move(task));
        else
            task();
    }

    std::optional<JobEnd> finish_first() {
        const auto [entry, imported] = [&] {
            auto& first = begun_.front();
            return std::pair{std::move(first.entry), first.outcome.get()};
        }();
        begun_.pop_front();
        begun_bytes_ -= entry.info.size;
        if (!imported)
            return JobEnd{exit_code::failure, imported.error().sentence};
        using Kind = Imported::Kind;
        if (imported->kind == Kind::failed)
            return JobEnd{exit_code::failure, fmt::format("The import failed at person {}: {}",
                                                          entry.person_id.value(), imported->fault)};
        if (imported->kind == Kind::refused) {
            ++faults_;
            listener_.say(
                fmt::format("person {} ({}): {}", entry.person_id.value(), entry.file, imported->fault));
        }
        added_ += imported->kind == Kind::added ? 1 : 0;
        already_there_ += imported->kind == Kind::already_there ? 1 : 0;
        if (imported->blob_id)
            blobs_.insert_or_assign(entry.info.blob_id, *imported->blob_id);
        bytes_ += entry.info.size;
        if (!listener_.progress("pictures", bytes_, 0))
            return JobEnd{exit_code::failure, "The import was stopped"};
        return std::nullopt;
    }

    ImportTarget& target_;
    const int folder_;
    JobListener& listener_;
    portrait::ExportMoment exported_; ///< all erasures are later than an export that doesn't tell
    std::map<BlobId, BlobId> blobs_;  ///< ids of the export → ids of the store
    std::deque<Begun> begun_;         ///< in the order of the manifest
    std::uint64_t begun_bytes_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t entries_ = 0; ///< lines of pictures
    std::uint64_t faults_ = 0;
    std::uint64_t added_ = 0;
    std::uint64_t already_there_ = 0;
    std::optional<boost::asio::thread_pool> threads_; ///< last: its threads use the other members
};

} // namespace

Outcome<Imported> LocalImport::add(const ManifestEntry& entry, const ImportContext& context,
                                   const ReadPicture& read) {
    auto outcome = added(entry, context, read);
    if (outcome)
        return *std::move(outcome);
    return Imported{ends_the_import(outcome.error()) ? Imported::Kind::failed : Imported::Kind::refused,
                    {},
                    plain_refusal(outcome.error())};
}

portrait::result<Imported> LocalImport::added(const ManifestEntry& entry, const ImportContext& context,
                                              const ReadPicture& read) {
    if (auto known = add_person(entry, context.exported); !known)
        return known.error();
    const auto& info = entry.info;
    const auto there = place_.service.info(entry.person_id);
    if (!there && there.error() != errc::image_none)
        return there.error();
    // The bytes may differ: the service may have removed their metadata.
    if (there && there->created_at == info.created_at && there->updated_at == info.updated_at)
        return Imported{Imported::Kind::already_there, there->blob_id, {}};
    if (there)
        return another_picture();
    const portrait::ImportOrigin origin{
        .stamps = {info.created_at, info.created_by, info.updated_at, info.updated_by},
        .linked_at = info.linked_at,
        .exported = context.exported};
    if (!context.shared) {
        const auto saved = save(entry, origin, read);
        return saved ? portrait::result<Imported>{Imported{Imported::Kind::added, *saved, {}}}
                     : saved.error();
    }
    const auto linked =
        place_.service.import_link(entry.person_id, *context.shared, origin, operating_user());
    if (!linked)
        return linked.error();
    return Imported{Imported::Kind::added, linked->blob_id, {}};
}

portrait::result<void> LocalImport::add_person(const ManifestEntry& entry,
                                               const portrait::ExportMoment& exported) {
    if (!entry.person_name)
        return {};
    const auto person = make_person(entry.person_id, *entry.person_name);
    if (!person)
        return Error{errc::account_invalid, person.error().sentence};
    return place_.store.persons()->add_imported(*person, exported);
}

portrait::result<BlobId> LocalImport::save(const ManifestEntry& entry, const portrait::ImportOrigin& origin,
                                           const ReadPicture& read) {
    const auto& info = entry.info;
    if (auto checked = check_declared_size(info.size, place_.service.limits()); !checked)
        return checked.error();
    auto bytes = read();
    if (!bytes)
        return bytes.error();
    const auto saved = place_.service.import_image(
        entry.person_id, *std::move(bytes), {info.description, info.extra_info, info.conceptual_type}, origin,
        operating_user(),
        // A client may have stored a picture since.
        {.if_match = {},
         .if_none_match = portrait::VersionCondition{.any = true, .versions = {}},
         .if_unmodified_since = {}});
    return saved ? portrait::result<BlobId>{saved->blob_id()} : saved.error();
}

JobEnd import_pictures(ImportTarget& target, const fs::path& path, JobListener& listener) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const auto end = [&]() -> JobEnd {
        const int manifest = folder < 0 ? -1 : open_regular_file(folder, manifest_name);
        if (manifest < 0)
            return {exit_code::refused, fmt::format("The folder {} holds no {} that can be read: {}",
                                                    path.string(), manifest_name, file_failed().message())};
        BoundedLines lines{manifest, max_manifest_line};
        Import import{target, folder, listener};
        std::string line;
        for (;;) {
            const auto read = lines.next(line);
            if (read == BoundedLines::Read::line) {
                if (auto failure = import.add(line))
                    return *std::move(failure);
                continue;
            }
            const auto fault = read == BoundedLines::Read::too_long
                                   ? fmt::format("A line must have at most {} bytes", max_manifest_line)
                                   : file_failed().message();
            if (auto failure = import.finish_all())
                return *std::move(failure);
            return read == BoundedLines::Read::end ? import.end() : import.end_of_unreadable(fault);
        }
    }();
    if (folder >= 0)
        ::close(folder);
    return end;
}

} // namespace portrait_server
