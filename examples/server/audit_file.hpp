#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/error.hpp>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace portrait_server {

/// `--audit-log`: a line of JSON for each write, appended by a thread of its own. Records that wait at the
/// same time share a write and, with `sync`, an fdatasync. Thread-safe. The destructor writes what waits.
class AuditFile final : public portrait::AuditLog {
public:
    /// Told of what can't be written, once until it can again.
    using OnFault = std::function<void(const std::string&)>;

    /// Makes the file (0600) when there is none. The error's message is a sentence for the operator.
    [[nodiscard]] static portrait::result<std::shared_ptr<AuditFile>> open(const std::filesystem::path& path,
                                                                           bool sync, OnFault on_fault);
    ~AuditFile() override;
    AuditFile(const AuditFile&) = delete;
    AuditFile& operator=(const AuditFile&) = delete;

    void record(portrait::AuditRecord record, std::function<void(bool kept)> done) override;
    /// Opens the path anew, after somebody has moved the file away. What waits still goes to the old one, or
    /// to the new one.
    void reopen();

private:
    struct Line {
        std::string text;
        std::function<void(bool kept)> done;
    };

    AuditFile(std::filesystem::path path, bool sync, OnFault on_fault, int descriptor);
    void work();
    bool write(const std::vector<Line>& lines);
    std::string fault(const char* call) const;

    const std::filesystem::path path_;
    const bool sync_;
    const OnFault on_fault_;

    std::mutex mutex_;
    std::condition_variable ready_;
    std::vector<Line> waiting_;
    bool reopen_ = false;
    bool stopping_ = false;

    int descriptor_; ///< the thread's
    bool faulty_ = false;
    std::thread thread_; // the last member
};

} // namespace portrait_server
