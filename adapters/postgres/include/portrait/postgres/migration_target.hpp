#pragma once

#include <portrait/export.hpp>
#include <portrait/store_transfer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace portrait::postgres {

class Connection;

/// The store in PostgreSQL as the target of a move; see `transfer_store`. From `begin` to `finish` all
/// servers get `store_unfit` when they open the store. Not synchronised.
class PORTRAIT_EXPORT MigrationTarget final : public StoreTarget {
public:
    /// Connects, and makes the tables when they are missing. `connection` is a connection string as in
    /// `PostgresOptions`. Errors: those of `PostgresImageStore::open`, and `store_in_use` while another
    /// object moves into a store of this database.
    [[nodiscard]] static result<std::unique_ptr<MigrationTarget>>
    open(const std::string& connection, const std::string& schema = "portrait");
    ~MigrationTarget() override;

    std::string place() const override;
    [[nodiscard]] result<bool> begin(const StoreCounters& source) override;
    [[nodiscard]] result<void> replace_blobs(std::span<const BlobId> deleted,
                                             std::span<const TransferredBlob> added) override;
    [[nodiscard]] result<void> add(std::span<const TransferredSlot> slots) override;
    [[nodiscard]] result<void> add(std::span<const TransferredPerson> persons) override;
    [[nodiscard]] result<void> add(std::span<const TransferredErasure> erasures) override;
    [[nodiscard]] result<void> add_forgotten(std::span<const PersonId> persons) override;
    [[nodiscard]] result<void> set_accounts(const TransferredAccounts& accounts) override;
    [[nodiscard]] result<std::vector<BlobId>> damaged(std::span<const ImageInfo> blobs) override;
    [[nodiscard]] result<void> approve() override;
    [[nodiscard]] result<void> finish(const std::string& epoch) override;

    [[nodiscard]] result<std::vector<ImageInfo>> blobs(std::int32_t after, std::size_t limit) override;
    [[nodiscard]] result<std::vector<TransferredSlot>> slots(std::int32_t after, std::size_t limit) override;
    [[nodiscard]] result<std::vector<TransferredPerson>> persons(std::int32_t after,
                                                                 std::size_t limit) override;
    [[nodiscard]] result<std::vector<TransferredErasure>> erasures(std::int32_t after,
                                                                   std::size_t limit) override;
    [[nodiscard]] result<std::vector<PersonId>> forgotten(std::int32_t after, std::size_t limit) override;
    [[nodiscard]] result<StoreTotals> totals() override;

private:
    MigrationTarget(std::unique_ptr<Connection> connection, std::string schema);

    /// Does `work` in a transaction.
    [[nodiscard]] result<void> transact(const std::function<result<void>()>& work);

    std::unique_ptr<Connection> connection_;
    const std::string schema_;
};

} // namespace portrait::postgres
