#pragma once

#include <portrait/audit_log.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace portrait::testing {

/// Keeps records and outcomes in memory, and refuses records on demand: for tests of a store that has an
/// `AuditLog`. Thread-safe.
class RecordingAuditLog final : public AuditLog {
public:
    /// A record with its outcome; absent while the transaction runs.
    struct Entry {
        AuditRecord record;
        std::optional<AuditOutcome> outcome{};
    };

    [[nodiscard]] result<AuditTicket> prepare(std::span<const AuditRecord> records) override {
        const std::lock_guard lock{mutex_};
        if (refuses_)
            return Error{errc::audit_unavailable};
        const AuditTicket ticket{entries_.size(), records.size()};
        for (const auto& record : records)
            entries_.push_back({record});
        return ticket;
    }
    void conclude(AuditTicket ticket, AuditOutcome outcome) noexcept override {
        const std::lock_guard lock{mutex_};
        for (std::size_t index = 0; index < ticket.count; ++index)
            entries_[ticket.first + index].outcome = outcome;
    }
    [[nodiscard]] result<void> writable() const override {
        const std::lock_guard lock{mutex_};
        return refuses_ ? result<void>{Error{errc::audit_unavailable}} : result<void>{};
    }

    /// Whether `prepare` fails from now on.
    void refuse(bool refuses) {
        const std::lock_guard lock{mutex_};
        refuses_ = refuses;
    }
    /// In the order of `prepare`.
    std::vector<Entry> entries() const {
        const std::lock_guard lock{mutex_};
        return entries_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    bool refuses_ = false;
};

} // namespace portrait::testing
