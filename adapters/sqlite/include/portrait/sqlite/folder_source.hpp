#pragma once

#include <portrait/export.hpp>
#include <portrait/store_transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace portrait::sqlite {

class Connection;
class DataFolder;

/// A data folder whose pictures are moved into another store; see `transfer_store`. Owns the folder while it
/// lives. Not synchronised.
class PORTRAIT_EXPORT FolderSource final : public StoreSource {
public:
    /// Opens an existing data folder, and brings it to the present schema. Errors: `store_not_a_database`
    /// when the folder has no database, `store_in_use` when a server has it open, `store_moved` with the
    /// place in the cause when it is sealed, those of `SqliteImageStore::open`.
    [[nodiscard]] static result<std::unique_ptr<FolderSource>> open(const std::filesystem::path& folder);
    ~FolderSource() override;

    [[nodiscard]] result<std::vector<ImageInfo>> blobs(std::int32_t after, std::size_t limit) override;
    /// Persons that were unlinked have the highest version of the folder, which no link has had.
    [[nodiscard]] result<std::vector<TransferredSlot>> slots(std::int32_t after, std::size_t limit) override;
    [[nodiscard]] result<std::vector<TransferredPerson>> persons(std::int32_t after,
                                                                 std::size_t limit) override;
    [[nodiscard]] result<std::vector<TransferredErasure>> erasures(std::int32_t after,
                                                                   std::size_t limit) override;
    [[nodiscard]] result<std::vector<PersonId>> forgotten(std::int32_t after, std::size_t limit) override;
    [[nodiscard]] result<StoreTotals> totals() override;
    [[nodiscard]] result<StoreCounters> counters() override;
    [[nodiscard]] result<ImageBytes> bytes(const ImageInfo& blob) override;
    [[nodiscard]] result<void> seal(const std::string& place) override;

private:
    FolderSource(std::shared_ptr<DataFolder> folder, std::unique_ptr<Connection> connection);

    std::shared_ptr<DataFolder> folder_;
    std::unique_ptr<Connection> connection_;
};

/// Success, unless the folder's pictures were moved: then `store_moved` with the place in the cause. A folder
/// without a database, or one that can't be read, is a success, too. Works while a server has the folder
/// open.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_not_moved(const std::filesystem::path& folder);

/// The epoch of a data folder, also of one whose pictures were moved. Works while a server has it open.
/// Errors: those of the disk.
[[nodiscard]] PORTRAIT_EXPORT result<std::string> epoch_of(const std::filesystem::path& folder);

} // namespace portrait::sqlite
