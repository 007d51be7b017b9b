#include "memory_group.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace portrait::testing {
namespace {

bool write_file(const std::filesystem::path& path, std::string_view text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(file);
    return written;
}

/// The parent folder of groups and the file of their limit, in each of the kernel's two hierarchies.
struct Hierarchy {
    const char* folder;
    const char* limit;
};
constexpr Hierarchy hierarchies[]{{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
                                  {"/sys/fs/cgroup", "memory.max"}};

} // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::make(std::uint64_t bytes) {
    static std::atomic<int> last{0};
    const auto name = "portrait-test-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
    for (const auto& [parent, limit] : hierarchies) {
        std::error_code error;
        auto folder = std::filesystem::path{parent} / name;
        if (!std::filesystem::create_directory(folder, error))
            continue;
        const int processes = write_file(folder / limit, std::to_string(bytes))
                                  ? ::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC)
                                  : -1;
        if (processes >= 0)
            return std::unique_ptr<MemoryGroup>{new MemoryGroup{std::move(folder), processes}};
        ::rmdir(folder.c_str());
    }
    return nullptr;
}

MemoryGroup::MemoryGroup(std::filesystem::path folder, int processes) noexcept
    : folder_{std::move(folder)}
    , processes_{processes} {}

MemoryGroup::~MemoryGroup() {
    ::close(processes_);
    // A killed process leaves its group shortly after it has been reaped.
    for (int attempt = 0; attempt < 100 && ::rmdir(folder_.c_str()) != 0; ++attempt)
        ::usleep(10'000);
}

bool MemoryGroup::enter() const noexcept {
    return ::write(processes_, "0", 1) == 1;
}

} // namespace portrait::testing
