#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace portrait::audit_file {

/// Options of `AuditFile`.
struct AuditFileOptions {
    /// Syncs prepared records before their transaction commits, and the folder when the file is opened, so
    /// that they survive a power cut. Without it, they survive only a crash of the process.
    bool sync = false;
    /// Called with a message for the operator when the file can't be written; not again until it has been
    /// written. Must not throw, and must not call the file.
    std::function<void(const std::string&)> on_fault{};
    /// The time between two tries to write or open a faulty file.
    std::chrono::milliseconds retry_delay{1000};
};

/// Figures of an `AuditFile` since it was opened.
struct AuditFileStatistics {
    std::uint64_t prepared = 0;  ///< records
    std::uint64_t committed = 0; ///< of them
    std::uint64_t failed = 0;    ///< of them
    std::uint64_t refused = 0;   ///< writes whose records couldn't be written
    bool faulty = false;         ///< whether the file can't be written at present
};

/// An audit log in a file, in lines of JSON: one for each write before it is committed, and one for its
/// outcome, in the order of the calls.
///
/// ```
/// auto audit = portrait::audit_file::AuditFile::open("audit.jsonl", {.sync = true});
/// if (!audit)
///     throw std::runtime_error{audit.error().message()};
/// auto store = portrait::sqlite::SqliteImageStore::open({.folder = "portrait-data", .audit = *audit});
/// ```
///
/// The lines of a save, the first one broken here for reading:
///
///     {"time":"2026-05-17T09:30:00.125Z","state":"prepared","id":"9f3a1c20-17","action":"save",
///      "associate_id":3,"user":"ada","request_id":"r-81","person_id":7,"before":null,
///      "after":{"blob_id":12,"version":1,"bytes":4096,"digest":"…"}}
///     {"time":"2026-05-17T09:30:00.127Z","state":"committed","id":"9f3a1c20-17"}
///
/// `time` is in UTC with milliseconds, `action` is `name_of` the action, `before` and `after` are null where
/// there was or is no picture, `digest` is null without bytes. `request_id` is left out when it is empty,
/// `person_id` when the record has none; an import adds `imported` with the created and updated fields that
/// it brought. `user` and `request_id` are `printable`. `state` is `prepared`, then `committed` or `failed`;
/// `id` joins them, and no two writes have the same. A prepared write without an outcome: the process ended
/// in between, and the picture's version tells whether it was committed. The state `refused` with a number of
/// `writes` follows a time when the file couldn't be written.
///
/// A line that was cut off, by a crash or a full disk, is ended before the next one. A faulty file is tried
/// again once a second, and with each write. Thread-safe.
class PORTRAIT_EXPORT AuditFile final : public AuditLog {
public:
    /// Opens the file for appending; creates it (0600) and syncs its folder when it is missing. Its folder
    /// has to exist. The error is `store_io`; its message has the path and the reason.
    [[nodiscard]] static result<std::shared_ptr<AuditFile>> open(std::filesystem::path path,
                                                                 AuditFileOptions options = {});
    /// Tries once more to write outcomes that couldn't be written.
    ~AuditFile() override;
    AuditFile(const AuditFile&) = delete;
    AuditFile& operator=(const AuditFile&) = delete;

    /// Blocks on the disk.
    [[nodiscard]] result<AuditTicket> prepare(std::span<const AuditRecord> records) override;
    void conclude(AuditTicket ticket, AuditOutcome outcome) noexcept override;
    [[nodiscard]] result<void> writable() const override;

    /// Closes the file and opens its path again, after a rotation has moved the file away. While the path
    /// can't be opened, writes are refused and it is tried again.
    void reopen();

    AuditFileStatistics statistics() const;

private:
    class PORTRAIT_HIDDEN State;
    explicit AuditFile(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::audit_file
