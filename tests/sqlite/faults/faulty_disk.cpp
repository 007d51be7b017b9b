#include "faulty_disk.hpp"

#include "disk_log.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait::testing {
namespace {

struct Fault {
    FaultyDisk::Call call;
    std::string file_name_end;
    int error_number;
    std::optional<int> nth;
};

std::mutex faults_mutex;
std::optional<Fault> fault;
std::atomic<bool> armed{false};
std::atomic<int> failures{0};
std::atomic<int> matches{0};
std::atomic<std::size_t> longest_write{0};

bool fails(FaultyDisk::Call call, int descriptor) {
    if (!armed)
        return false;
    std::array<char, 4096> name{};
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const auto length = ::readlink(link.c_str(), name.data(), name.size());
    const std::lock_guard lock{faults_mutex};
    if (!fault || fault->call != call || length < 0 ||
        !std::string_view{name.data(), static_cast<std::size_t>(length)}.ends_with(fault->file_name_end))
        return false;
    ++matches;
    if (fault->nth && *fault->nth != matches)
        return false;
    ++failures;
    errno = fault->error_number;
    return true;
}

} // namespace

namespace {

void arm(Fault new_fault) {
    const std::lock_guard lock{faults_mutex};
    fault = std::move(new_fault);
    failures = 0;
    matches = 0;
    armed = true;
}

} // namespace

FaultyDisk::FaultyDisk(Call call, std::string file_name_end, int error_number) {
    arm({call, std::move(file_name_end), error_number, {}});
}

FaultyDisk::FaultyDisk(Call call, std::string file_name_end, int error_number, int nth) {
    arm({call, std::move(file_name_end), error_number, nth});
}

FaultyDisk::~FaultyDisk() {
    const std::lock_guard lock{faults_mutex};
    armed = false;
    fault.reset();
}

int FaultyDisk::failed() const {
    return failures;
}

int FaultyDisk::seen() const {
    return matches;
}

void limit_each_write(std::size_t bytes) {
    longest_write = bytes;
}

} // namespace portrait::testing

using portrait::testing::DiskCall;
using portrait::testing::fails;
using portrait::testing::FaultyDisk;
using portrait::testing::note_call;

namespace {

int synced(long number, int descriptor) {
    if (fails(FaultyDisk::Call::sync, descriptor))
        return -1;
    if (portrait::testing::syncs_are_skipped())
        return 0;
    const auto begun = portrait::testing::recording() ? portrait::testing::calls_noted() : 0;
    const auto status = static_cast<int>(::syscall(number, descriptor));
    if (status == 0 && portrait::testing::recording())
        note_call(descriptor, {.kind = DiskCall::Kind::sync, .length = begun});
    return status;
}

void note_write(int descriptor, const iovec* parts, int count, std::uint64_t offset, long written) {
    if (written <= 0 || !portrait::testing::recording())
        return;
    DiskCall call{.kind = DiskCall::Kind::write, .offset = offset};
    for (int index = 0; index < count; ++index) {
        const auto* const begin = static_cast<const std::byte*>(parts[index].iov_base);
        call.bytes.insert(call.bytes.end(), begin, begin + parts[index].iov_len);
    }
    call.bytes.resize(static_cast<std::size_t>(written));
    note_call(descriptor, std::move(call));
}

int opened(const char* path, int flags, mode_t mode) {
    const auto descriptor = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    portrait::testing::note_opened(descriptor, flags);
    return descriptor;
}

int resized(int descriptor, off_t size) {
    if (fails(FaultyDisk::Call::resize, descriptor))
        return -1;
    const auto status = static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
    if (status == 0 && portrait::testing::recording())
        note_call(descriptor, {.kind = DiskCall::Kind::resize, .offset = static_cast<std::uint64_t>(size)});
    return status;
}

ssize_t read_at(int descriptor, void* bytes, size_t count, off_t offset) {
    if (fails(FaultyDisk::Call::read, descriptor))
        return -1;
    return ::syscall(SYS_pread64, descriptor, bytes, count, offset);
}

mode_t mode_of_open(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

} // namespace

extern "C" {

int fsync(int descriptor) {
    return synced(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
    return synced(SYS_fdatasync, descriptor);
}

int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of_open(flags, arguments);
    va_end(arguments);
    return opened(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of_open(flags, arguments);
    va_end(arguments);
    return opened(path, flags, mode);
}

ssize_t pread(int descriptor, void* bytes, size_t count, off_t offset) {
    return read_at(descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void* bytes, size_t count, off64_t offset) {
    return read_at(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
    if (fails(FaultyDisk::Call::write, descriptor))
        return -1;
    const auto written = ::syscall(SYS_pwrite64, descriptor, bytes, count, offset);
    const iovec part{const_cast<void*>(bytes), count};
    note_write(descriptor, &part, 1, static_cast<std::uint64_t>(offset), written);
    return written;
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
    if (fails(FaultyDisk::Call::write, descriptor))
        return -1;
    // The kernel takes the offset in two halves and ignores the second on 64-bit machines.
    const auto longest = portrait::testing::longest_write.load();
    iovec first{};
    if (longest != 0 && count > 0) {
        first = {parts->iov_base, std::min(parts->iov_len, longest)};
        parts = &first;
        count = 1;
    }
    const auto written = ::syscall(SYS_pwritev, descriptor, parts, count, offset, 0);
    note_write(descriptor, parts, count, static_cast<std::uint64_t>(offset), written);
    return written;
}

int ftruncate(int descriptor, off_t size) noexcept {
    return resized(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
    return resized(descriptor, size);
}

int truncate(const char* path, off_t size) noexcept {
    const auto status = static_cast<int>(::syscall(SYS_truncate, path, size));
    if (status == 0 && portrait::testing::recording())
        note_call(path, {.kind = DiskCall::Kind::resize, .offset = static_cast<std::uint64_t>(size)});
    return status;
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (fails(FaultyDisk::Call::allocate, descriptor))
        return -1;
    const auto status = static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, length));
    if (status == 0 && (mode & FALLOC_FL_PUNCH_HOLE) != 0 && portrait::testing::recording())
        note_call(descriptor, {.kind = DiskCall::Kind::zero,
                               .offset = static_cast<std::uint64_t>(offset),
                               .length = static_cast<std::uint64_t>(length)});
    return status;
}

} // extern "C"
