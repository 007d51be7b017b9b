#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::testing {

/// One call that changed a file or made changes durable, or a mark of the test.
struct DiskCall {
    enum class Kind { create, write, zero, resize, sync, sync_folder, unlink, mark };

    Kind kind{};
    std::string path{};             ///< relative to the recorded folder; empty: the folder itself
    std::uint64_t offset = 0;       ///< for `resize` the new size; for `mark` the test's number
    std::uint64_t length = 0;       ///< of `zero`
    std::vector<std::byte> bytes{}; ///< of `write`
};

/// Records all calls of this process that change files of a folder, in one order, while it lives. The calls
/// are intercepted by faulty_disk.cpp. One object at a time.
class DiskLog {
public:
    explicit DiskLog(const std::filesystem::path& folder);
    DiskLog(const DiskLog&) = delete;
    DiskLog& operator=(const DiskLog&) = delete;
    ~DiskLog();

    void mark(std::uint64_t number);
    /// Ends recording and returns the calls.
    std::vector<DiskCall> take();
};

/// Adds a successful call to the log.
void note_call(int descriptor, DiskCall call);
void note_call(const char* path, DiskCall call);
/// Whether calls are recorded. Callers check it before they copy bytes.
bool recording() noexcept;
/// Makes syncs succeed without effect, for files that needn't be durable. Not while recording.
void skip_syncs(bool skip) noexcept;
bool syncs_are_skipped() noexcept;

/// A disk on which a log is replayed and whose power is cut.
class ReplayedDisk {
public:
    void apply(const DiskCall& call);

    /// A failed sync: pending changes never reach the disk, though the process still reads them.
    void lose_pending();

    /// Writes a possible state after a power cut now: all synced changes; of the others a part of each file's
    /// calls, torn at sectors, and the folder's names up to some moment.
    void leave(const std::filesystem::path& folder, std::mt19937& random) const;

private:
    struct File {
        std::vector<std::byte> durable;
        std::vector<DiskCall> pending;
    };
    using Names = std::map<std::string, std::shared_ptr<File>>;
    struct NameChange {
        std::string path;
        std::shared_ptr<File> file; ///< null: the name is removed
    };

    Names names_; ///< as the process reads them
    Names durable_names_;
    std::vector<NameChange> pending_names_;
};

} // namespace portrait::testing
