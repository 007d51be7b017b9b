#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/digest.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace portrait {

/// The kinds of writes.
enum class AuditedAction { save, update_info, remove, link, unlink };

/// The name in the audit log, such as `update_info`.
PORTRAIT_EXPORT std::string_view name_of(AuditedAction action) noexcept;

/// One state of a picture. Versions order a blob's states: when `AuditRecord::before` isn't the latest state
/// of the other records, another write came between its read and the change.
struct AuditedPicture {
    BlobId blob_id;
    std::int64_t blob_version = 0;
    std::uint64_t size = 0; ///< bytes; 0 without bytes
    Digest digest{};        ///< all zeros without bytes

    friend bool operator==(const AuditedPicture&, const AuditedPicture&) = default;
};

/// A successful write: its actor and time, the person, and the picture before and after it.
struct AuditRecord {
    AuditedAction action{};
    Timestamp at{};
    Actor actor{};
    std::optional<PersonId> person_id{};    ///< absent for a blob addressed by its id
    std::optional<AuditedPicture> before{}; ///< absent: no picture
    std::optional<AuditedPicture> after{};  ///< absent: no picture
};

/// Port: keeps the records of writes; see `AuditingImageStore`. Thread-safe.
class PORTRAIT_EXPORT AuditLog {
public:
    virtual ~AuditLog() = default;

    /// Queues the record, without blocking for long, and calls `done` once, on any thread, when the record is
    /// as durable as the log promises (true) or can't be kept (false). Must not throw.
    virtual void record(AuditRecord record, std::function<void(bool kept)> done) = 0;
};

} // namespace portrait
