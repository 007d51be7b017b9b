#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace portrait::audit_file {

/// Options of `AuditFile`.
struct AuditFileOptions {
    /// Acknowledges a record only after `fdatasync`, so that it survives a power cut. Records that wait at
    /// the same time share one. Without it, records survive only a crash of the process.
    bool sync = false;
    /// Called with a message for the operator when records can't be written; not again until a write has
    /// succeeded. Runs on the file's thread, must not throw and must not destroy the file.
    std::function<void(const std::string&)> on_fault{};
};

/// An audit log in a file: one line of JSON per record, in the order of the calls of `record`.
///
/// ```
/// auto audit = portrait::audit_file::AuditFile::open("audit.jsonl", {.sync = true});
/// if (!audit)
///     throw std::runtime_error{audit.error().message()};
/// auto audited = std::make_shared<portrait::AuditingImageStore>(store, *audit);
/// portrait::PersonImageService service{audited, persons};
/// ```
///
/// A line, broken here for reading:
///
///     {"time":"2024-05-17T09:30:00.125Z","action":"save","associate_id":3,"user":"ada","request_id":"r-81",
///      "person_id":7,"before":null,"after":{"blob_id":12,"version":1,"bytes":4096,"digest":["…"]}}
///
/// `time` is in UTC with milliseconds, `action` is `name_of` the action, `before` and `after` are null where
/// there was or is no picture, and `digest` is an array of one text, or of one null without bytes.
/// `request_id` is left out when it is empty, and `person_id` when the record has none. `user` and
/// `request_id` are `printable`.
///
/// A thread of this object appends to the file; records that wait at the same time share one write. If that
/// fails, none of them is acknowledged, although some of their lines, the last one possibly cut off, may be
/// in the file. The next batch is written in any case. Thread-safe.
class PORTRAIT_EXPORT AuditFile final : public AuditLog {
public:
    /// Opens the file for appending; creates it (0600) when it is missing. Its folder has to exist. The error
    /// is `store_io`; its message has the path and the reason.
    [[nodiscard]] static result<std::shared_ptr<AuditFile>> open(std::filesystem::path path,
                                                                 AuditFileOptions options = {});
    /// Writes and acknowledges the waiting records. Must not run inside a `done`.
    ~AuditFile() override;
    AuditFile(const AuditFile&) = delete;
    AuditFile& operator=(const AuditFile&) = delete;

    /// Never blocks on the disk. Calls `done` on the file's thread, with true once the line is written and,
    /// with `AuditFileOptions::sync`, synced.
    void record(AuditRecord record, std::function<void(bool kept)> done) override;

    /// Closes the file and opens its path again, after a rotation has moved the file away. Returns at once;
    /// records that wait may still go to the old file. While the path can't be opened, records are refused
    /// and each batch tries to open it again.
    void reopen();

private:
    class PORTRAIT_HIDDEN State;
    explicit AuditFile(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::audit_file
