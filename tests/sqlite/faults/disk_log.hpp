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

/// One call that changed a file, or made changes durable, or a mark of the test's own.
struct DiskCall {
    enum class Kind { create, write, zero, resize, sync, sync_folder, unlink, mark };

    Kind kind{};
    std::string path{};             ///< relative to the recorded folder; empty: the folder itself
    std::uint64_t offset = 0;       ///< for `resize` the new size; for `mark` the test's number
    std::uint64_t length = 0;       ///< of `zero`
    std::vector<std::byte> bytes{}; ///< of `write`
};

/// Records what this process does to the files of a folder, SQLite's calls and the segments' alike, in one
/// order, while it lives; the calls before the C library's are those of faulty_disk.cpp. One at a time.
class DiskLog {
public:
    explicit DiskLog(const std::filesystem::path& folder);
    DiskLog(const DiskLog&) = delete;
    DiskLog& operator=(const DiskLog&) = delete;
    ~DiskLog();

    void mark(std::uint64_t number);
    /// Ends recording and gives the calls.
    std::vector<DiskCall> take();
};

/// Tells a log of a call that has succeeded.
void note_call(int descriptor, DiskCall call);
void note_call(const char* path, DiskCall call);
/// Whether calls are recorded, so that nobody copies bytes in vain.
bool recording() noexcept;
/// Has syncs succeed without being done: for checking what is on no real disk anyhow. Not while recording.
void skip_syncs(bool skip) noexcept;
bool syncs_are_skipped() noexcept;

/// A disk that a log is replayed on, and whose power is cut.
class ReplayedDisk {
public:
    void apply(const DiskCall& call);

    /// What wasn't synced never reaches the disk, though the process still sees it: a failed sync.
    void lose_pending();

    /// Writes what may be left after the power was cut now: everything that was synced, and of the rest each
    /// file's calls in part and torn at sectors, and each folder's names up to some moment.
    void leave(const std::filesystem::path& folder, std::mt19937& random) const;

private:
    struct File {
        std::vector<std::byte> durable;
        std::vector<DiskCall> pending;
    };
    using Names = std::map<std::string, std::shared_ptr<File>>;
    struct NameChange {
        std::string path;
        std::shared_ptr<File> file; ///< null: the name goes
    };

    Names names_; ///< as the process sees them
    Names durable_names_;
    std::vector<NameChange> pending_names_;
};

} // namespace portrait::testing
