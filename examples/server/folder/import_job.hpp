#pragma once

#include "folder/folder_job.hpp"
#include "folder/manifest.hpp"

#include <portrait/image_bytes.hpp>

#include <filesystem>
#include <functional>
#include <optional>

namespace portrait_server {

/// The effect of one entry of an import.
struct Imported {
    enum class Kind {
        added,
        already_there,
        refused, ///< this entry only
        failed,  ///< and so would be all others
    };
    Kind kind = Kind::failed;
    std::optional<portrait::BlobId> blob_id{}; ///< of the picture, when it is in the store
    std::string fault{};                       ///< of `refused` and `failed`
};

/// Reads the picture of an entry; called only when its bytes are needed.
using ReadPicture = std::function<portrait::result<portrait::ImageBytes>()>;

/// What the target has to know beside an entry.
struct ImportContext {
    portrait::ExportMoment exported{}; ///< persons that were erased later are refused
    /// The blob of the target that another person of the export shares with this one.
    std::optional<portrait::BlobId> shared{};
};

/// The place that takes the pictures of an import: the stores of this process, or the server that has the
/// data folder open.
class ImportTarget {
public:
    virtual ~ImportTarget() = default;

    /// Whether several threads may call `add` at a time.
    [[nodiscard]] virtual bool takes_several() const { return false; }

    /// Adds a person's picture with its ImageInfo as a request of a client would: limits, metadata and texts
    /// are those of the service. Refused when the target went away.
    [[nodiscard]] virtual Outcome<Imported> add(const ManifestEntry& entry, const ImportContext& context,
                                                const ReadPicture& read) = 0;
};

/// The stores of this process.
class LocalImport final : public ImportTarget {
public:
    explicit LocalImport(JobPlace place)
        : place_{place} {}

    [[nodiscard]] bool takes_several() const override { return true; }
    [[nodiscard]] Outcome<Imported> add(const ManifestEntry& entry, const ImportContext& context,
                                        const ReadPicture& read) override;

private:
    [[nodiscard]] portrait::result<void> add_person(const ManifestEntry& entry,
                                                    const portrait::ExportMoment& exported);
    [[nodiscard]] portrait::result<Imported> added(const ManifestEntry& entry, const ImportContext& context,
                                                   const ReadPicture& read);
    [[nodiscard]] portrait::result<portrait::BlobId>
    save(const ManifestEntry& entry, const portrait::ImportOrigin& origin, const ReadPicture& read);

    const JobPlace place_;
};

/// Adds the persons and pictures of an export's manifest, with their ImageInfo; blob ids and versions are
/// new. Persons with the same picture are skipped, and persons with another one are reported. So an
/// interrupted import can be repeated. Reads the folder in this process: its files may be of anybody.
JobEnd import_pictures(ImportTarget& target, const std::filesystem::path& folder, JobListener& listener);

} // namespace portrait_server
