#pragma once

#include "client/connection.hpp"

#include <portrait/http/sign_in_counter.hpp>

#include <memory>
#include <optional>

namespace portrait::postgres {

/// Exchanges the counts of one counter with the database's. Of one thread.
class SignInExchange {
public:
    SignInExchange(std::shared_ptr<http::MemorySignInCounter> counter, const http::SignInLimits& limits);

    /// Adds what was counted since the last call, and takes over the sums of the same networks and names.
    [[nodiscard]] attempt<void> exchange_counts(Connection& connection, Deadline deadline);
    /// Takes over the pairs of network and name that have signed in since the last call.
    [[nodiscard]] attempt<void> read_known(Connection& connection, Deadline deadline);
    /// Deletes the rows that were used longest ago, down to the limit, and those that are forgiven.
    [[nodiscard]] attempt<void> sweep(Connection& connection, Deadline deadline) const;

private:
    [[nodiscard]] attempt<void> write(Connection& connection, const http::SignInChanges& changes,
                                      Deadline deadline) const;

    const std::shared_ptr<http::MemorySignInCounter> counter_;
    const http::SignInLimits limits_;
    std::optional<Deadline> read_at_; ///< the pairs
};

} // namespace portrait::postgres
