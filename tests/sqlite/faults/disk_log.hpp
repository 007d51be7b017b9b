#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace portrait::testing {

/// One call that changed a file or a folder's names or made changes durable, or a mark of the test.
struct DiskCall {
    enum class Kind { create, make_folder, link, rename, unlink, write, zero, resize, sync, sync_all, mark };

    Kind kind{};
    std::string path{};             ///< relative to the recorded folder; empty: the folder itself
    std::string to{};               ///< the new name, of `rename` and `link`
    std::uint64_t offset = 0;       ///< for `resize` the new size; for `mark` the test's number
    std::uint64_t length = 0;       ///< of `zero`; for `sync` and `sync_all` see `begun`
    std::vector<std::byte> bytes{}; ///< of `write`

    /// The number of calls that the log had when a sync began: later ones aren't durable by it.
    std::uint64_t begun() const noexcept { return length; }
};

/// Records all calls of this process that change a folder, in one order, while it lives. The calls are
/// intercepted by faulty_disk.cpp and name_calls.cpp. One object at a time.
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

/// Records into a file, for as long as the process lives: see preloaded_log.cpp.
void record_to_file(const std::string& folder, const std::string& file);
/// Adds the calls in a file of `record_to_file` to the end.
void append_recorded(const std::filesystem::path& file, std::vector<DiskCall>& calls);

/// Adds a successful call to the log.
void note_call(int descriptor, DiskCall call);
void note_call(const char* path, DiskCall call);
/// Adds the creation and the emptying of a file that was opened by these flags.
void note_opened(int descriptor, int flags);
/// Adds a successful rename or link.
void note_names(const char* path, const char* to, DiskCall::Kind kind);
void note_mark(std::uint64_t number);
/// The number of calls in the log.
std::uint64_t calls_noted();
/// Whether calls are recorded. Callers check it before they copy bytes.
bool recording() noexcept;
/// Makes syncs succeed without effect, for files that needn't be durable. Not while recording.
void skip_syncs(bool skip) noexcept;
bool syncs_are_skipped() noexcept;

} // namespace portrait::testing
