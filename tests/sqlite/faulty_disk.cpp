#include "faulty_disk.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string_view>

namespace portrait::testing {

namespace {

struct Fault {
    FaultyDisk::Call call;
    std::string file_name_end;
    int error_number;
};

std::mutex mutex;
std::optional<Fault> fault;
std::atomic<bool> armed{false};
std::atomic<int> failures{0};
std::atomic<std::size_t> longest_write{0};

bool fails(FaultyDisk::Call call, int descriptor) {
    if (!armed)
        return false;
    std::array<char, 4096> name{};
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const auto length = ::readlink(link.c_str(), name.data(), name.size());
    const std::lock_guard lock{mutex};
    if (!fault || fault->call != call || length < 0 ||
        !std::string_view{name.data(), static_cast<std::size_t>(length)}.ends_with(fault->file_name_end))
        return false;
    ++failures;
    errno = fault->error_number;
    return true;
}

} // namespace

FaultyDisk::FaultyDisk(Call call, std::string file_name_end, int error_number) {
    const std::lock_guard lock{mutex};
    fault = Fault{call, std::move(file_name_end), error_number};
    failures = 0;
    armed = true;
}

FaultyDisk::~FaultyDisk() {
    const std::lock_guard lock{mutex};
    armed = false;
    fault.reset();
}

int FaultyDisk::failed() const {
    return failures;
}

void limit_each_write(std::size_t bytes) {
    longest_write = bytes;
}

} // namespace portrait::testing

using portrait::testing::FaultyDisk;

extern "C" {

int fsync(int descriptor) {
    if (portrait::testing::fails(FaultyDisk::Call::sync, descriptor))
        return -1;
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int fdatasync(int descriptor) {
    if (portrait::testing::fails(FaultyDisk::Call::sync, descriptor))
        return -1;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
    if (portrait::testing::fails(FaultyDisk::Call::write, descriptor))
        return -1;
    return ::syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
    if (portrait::testing::fails(FaultyDisk::Call::write, descriptor))
        return -1;
    // The kernel takes the offset in two halves and ignores the second on 64-bit machines.
    if (const auto longest = portrait::testing::longest_write.load(); longest != 0 && count > 0) {
        const iovec first{parts->iov_base, std::min(parts->iov_len, longest)};
        return ::syscall(SYS_pwritev, descriptor, &first, 1, offset, 0);
    }
    return ::syscall(SYS_pwritev, descriptor, parts, count, offset, 0);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (portrait::testing::fails(FaultyDisk::Call::allocate, descriptor))
        return -1;
    return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, length));
}

} // extern "C"
