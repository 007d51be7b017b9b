#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace portrait {

/// The kinds of writes.
enum class AuditedAction { save, update_info, remove, link, unlink, erase };

/// The name in the audit log, such as `update_info`.
PORTRAIT_EXPORT std::string_view name_of(AuditedAction action) noexcept;

/// One state of a picture.
struct PORTRAIT_EXPORT AuditedPicture {
    BlobId blob_id;
    std::int64_t blob_version = 0;
    std::uint64_t size = 0; ///< bytes; 0 without bytes
    Digest digest{};        ///< all zeros without bytes

    static AuditedPicture of(const ImageInfo& info) noexcept;

    friend bool operator==(const AuditedPicture&, const AuditedPicture&) = default;
};

/// A write: its actor and time, the person, and the picture before and after it, both as the writing
/// transaction has them.
struct AuditRecord {
    AuditedAction action{};
    Timestamp at{};
    Actor actor{};
    std::optional<PersonId> person_id{};    ///< absent for a blob addressed by its id
    std::optional<AuditedPicture> before{}; ///< absent: no picture
    std::optional<AuditedPicture> after{};  ///< absent: no picture
    std::optional<ImageStamps> imported{};  ///< the stamps that an import brought
};

/// Names the records of one transaction; see `AuditLog::prepare`.
struct AuditTicket {
    std::uint64_t first = 0;
    std::size_t count = 0;
};

/// The end of a transaction.
enum class AuditOutcome { committed, failed };

/// Port: keeps a record of each write. A store that has one calls it inside its transactions, so that no
/// write happens without a record, and `before` and `after` are what the transaction saw:
///
/// 1. The store decides the writes of a transaction and makes the records of those that change something.
/// 2. `prepare` keeps the records. If it fails, these writes are refused and nothing of them is stored.
/// 3. The store commits.
/// 4. `conclude` keeps the outcome.
///
/// A record without an outcome: the process ended in between, and the outcome is in the store, whose versions
/// have reached `after->blob_version` or not. Thread-safe.
class PORTRAIT_EXPORT AuditLog {
public:
    virtual ~AuditLog() = default;

    /// Returns when the records are as durable as the log promises. May block on the disk; must not throw.
    /// The error is `audit_unavailable`.
    [[nodiscard]] virtual result<AuditTicket> prepare(std::span<const AuditRecord> records) = 0;

    /// Keeps the outcome of prepared records. An outcome that can't be kept now is kept later: the next
    /// `prepare` fails until it is. Called at most once for each ticket; must not block for long.
    virtual void conclude(AuditTicket ticket, AuditOutcome outcome) noexcept = 0;

    /// Success, or the error that `prepare` would return. Doesn't block.
    [[nodiscard]] virtual result<void> writable() const { return {}; }
};

} // namespace portrait
