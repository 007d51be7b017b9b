#pragma once

#include "rows/blob_rows.hpp"

#include <portrait/audit_log.hpp>
#include <portrait/image_commands.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace portrait::postgres {

/// A blob while a transaction has its row locked.
struct BatchBlob {
    enum class State { as_stored, changed, inserted, deleted };

    BlobRow row;
    std::int64_t persons = 0; ///< linked to it; exact up to the number of the batch's members
    State state = State::as_stored;
};

/// A person's link while a transaction has its row locked.
struct BatchSlot {
    std::optional<BlobId> blob_id{};
    std::int64_t link_version = 0;
    Timestamp linked_at{};
    std::optional<std::chrono::sys_seconds> last_modified{}; ///< of the last picture, without one now
    bool changed = false;
};

/// The locked rows of a transaction in memory. The commands of a batch are decided on it in their order, and
/// what they have changed is written afterwards. A command that is refused changes nothing.
class BatchState {
public:
    /// Returns another id for a new blob.
    using NextBlobId = std::function<result<BlobId>()>;

    /// `epoch`: of the store in this transaction.
    explicit BatchState(std::string epoch);

    NextBlobId next_blob_id;

    // The rows that are locked.
    std::map<PersonId, BatchSlot> slots;
    std::map<BlobId, BatchBlob> blobs;
    std::set<PersonId> forgotten;
    std::set<PersonId> listed;            ///< of the persons that have to be in the directory
    std::map<PersonId, Erasure> erasures; ///< of the persons of imports
    std::int64_t last_erasure = 0;
    std::int64_t first_link_version = 0; ///< of a slot that has had no link

    // What else the transaction has to write.
    std::vector<Uuid> unused_contents; ///< of replaced pictures, and of refused saves
    std::map<PersonId, Erasure> new_erasures;
    std::vector<BlobId> erased_blobs;
    std::vector<AuditRecord> records;

    /// `content_id`: of the command's bytes, which are stored already.
    [[nodiscard]] result<SavedImage> apply(const SaveImage& command, const std::optional<Uuid>& content_id);
    [[nodiscard]] result<ImageInfo> apply(const UpdateImageInfo& command);
    [[nodiscard]] result<RemovedImage> apply(const RemoveImage& command);
    [[nodiscard]] result<ImageInfo> apply(const LinkImage& command);
    [[nodiscard]] result<std::optional<BlobId>> apply(const UnlinkImage& command);
    [[nodiscard]] result<ErasedImage> apply(const EraseImage& command);

    const std::string& epoch() const noexcept { return epoch_; }

    /// Whether anything has to be written beside `unused_contents`.
    bool has_changes() const noexcept;

private:
    /// A blob as it is read by a key; both are null without one.
    struct Found {
        BatchBlob* blob = nullptr;
        std::optional<ImageInfo> info{};
    };
    Found find(ImageKey key);
    [[nodiscard]] result<Found> find_checked(ImageKey key, const Precondition& precondition, Timestamp now);
    [[nodiscard]] result<void> check_person(PersonId person_id,
                                            const std::optional<ImportOrigin>& origin) const;

    std::optional<std::chrono::sys_seconds> last_modified_of(PersonId person_id) const;
    [[nodiscard]] result<SavedImage> save_new(const SaveImage& command, const std::optional<Uuid>& content_id,
                                              ImageTexts texts, std::optional<PersonId> person_id,
                                              const std::optional<ImageInfo>& before);
    SavedImage replace(const SaveImage& command, const Uuid& content_id, Found found);
    void link(PersonId person_id, BatchBlob& blob, Timestamp linked_at);
    void unlink(PersonId person_id, BatchSlot& slot);
    /// Deletes the blob unless a person is linked to it; returns whether it did.
    bool delete_unlinked(BatchBlob& blob);
    template<class Command>
    void note(AuditedAction action, const Command& command, const std::optional<ImageKey>& target,
              const std::optional<ImageInfo>& before, const ImageInfo* after);

    std::string epoch_;
};

} // namespace portrait::postgres
