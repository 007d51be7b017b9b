#pragma once

#include "client/connection.hpp"
#include "commit/member.hpp"

#include <portrait/audit_log.hpp>

#include <optional>
#include <span>
#include <vector>

namespace portrait::postgres {

/// One attempt to run the commands of some members in one transaction.
class BatchAttempt {
public:
    enum class End {
        committed, ///< or nothing had to be written; the members have their outcomes
        unknown,   ///< the answer to COMMIT was lost; see `is_committed`
        repeat,    ///< nothing was written, and another attempt can succeed
        failed     ///< nothing was written
    };

    /// `audit` may be null.
    BatchAttempt(std::span<const std::unique_ptr<Member>> members, AuditLog* audit);

    [[nodiscard]] End run(Connection& connection, Deadline deadline);

    /// After `unknown`: asks on another connection, and if it wasn't committed, makes sure that it never
    /// will be. Absent: the question failed; it can be repeated.
    [[nodiscard]] std::optional<bool> is_committed(Connection& connection, Deadline deadline);
    /// After `unknown`: tells the audit log the outcome.
    void conclude(AuditOutcome outcome);

    /// The errors of members that were refused, by their positions.
    const std::vector<std::optional<Error>>& refusals() const noexcept { return refusals_; }
    /// Why it failed, or has to be repeated.
    const Error& error() const noexcept { return error_; }
    /// Whether the values of some member were refused by the database, so that the others have to be
    /// repeated without it.
    bool is_fault_of_a_member() const noexcept { return is_fault_of_a_member_; }

private:
    [[nodiscard]] attempt<BatchState> lock_rows(Connection& connection, Deadline deadline);
    [[nodiscard]] End decide(BatchState& state);
    [[nodiscard]] attempt<void> send_changes(Connection& connection, const BatchState& state);
    [[nodiscard]] End commit(Connection& connection, const BatchState& state, Deadline deadline);
    End end_by(const Failure& failure, Connection& connection, Deadline deadline);
    End roll_back(Connection& connection, End end, Deadline deadline);

    std::span<const std::unique_ptr<Member>> members_;
    AuditLog* audit_;
    Uuid token_;
    std::vector<std::optional<Uuid>> contents_;
    std::vector<std::optional<Error>> refusals_;
    std::optional<AuditTicket> ticket_;
    Error error_;
    bool is_fault_of_a_member_ = false;
};

} // namespace portrait::postgres
