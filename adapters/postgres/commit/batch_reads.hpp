#pragma once

#include "client/connection.hpp"
#include "commit/member.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace portrait::postgres {

/// The statements that lock and read a batch's rows, and their outcomes. `needs` has to outlive it.
class BatchReads {
public:
    BatchReads(Connection& connection, const BatchNeeds& needs, std::size_t members);

    /// Sends all of them without waiting.
    [[nodiscard]] attempt<void> send();
    /// Fills the model from the outcomes, which begin at `first`. False: a link was made meanwhile to a blob
    /// that has to be removed.
    [[nodiscard]] result<bool> fill(BatchState& state, const std::vector<Rows>& outcomes, std::size_t first);
    /// After `fill`: gives the ids that were read, and reads more of them if they don't suffice. Works as
    /// long as the connection.
    BatchState::NextBlobId next_blob_id(Deadline deadline);

private:
    /// Counts all persons of the blobs whose links end.
    [[nodiscard]] result<bool> check_links(BatchState& state, const Rows& links) const;

    Connection& connection_;
    const std::vector<std::int32_t> persons_;
    const std::vector<std::int32_t> linked_persons_;
    const std::vector<std::int32_t> blobs_;
    const std::vector<std::int32_t> removed_blobs_;
    const BatchNeeds& needs_;
    const std::int64_t most_persons_;
    std::vector<std::int64_t> ids_;
};

} // namespace portrait::postgres
