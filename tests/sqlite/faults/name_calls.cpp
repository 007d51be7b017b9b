// Replaces the C library's calls that change names or write at a file's position, to record them. The calls
// that a FaultyDisk can fail are in faulty_disk.cpp.

#include "disk_log.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace portrait::testing {

void note_opened(int descriptor, int flags) {
    if (descriptor < 0 || !recording())
        return;
    if ((flags & O_CREAT) != 0)
        note_call(descriptor, {.kind = DiskCall::Kind::create});
    if ((flags & O_TRUNC) != 0)
        note_call(descriptor, {.kind = DiskCall::Kind::resize});
}

} // namespace portrait::testing

using portrait::testing::DiskCall;
using portrait::testing::note_call;
using portrait::testing::recording;

namespace {

/// The C library's function, or a sanitizer's.
template<class Function>
Function* next_function(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Notes a call at the file's position, which is behind the written bytes.
ssize_t noted_write(int descriptor, const iovec* parts, int count, ssize_t written) {
    if (written <= 0 || !recording())
        return written;
    const int failure = errno;
    const auto end = ::syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
    if (end >= written) { // else a pipe or a socket
        DiskCall call{.kind = DiskCall::Kind::write, .offset = static_cast<std::uint64_t>(end - written)};
        for (int index = 0; index < count; ++index) {
            const auto* const begin = static_cast<const std::byte*>(parts[index].iov_base);
            call.bytes.insert(call.bytes.end(), begin, begin + parts[index].iov_len);
        }
        call.bytes.resize(static_cast<std::size_t>(written));
        note_call(descriptor, std::move(call));
    }
    errno = failure;
    return written;
}

int noted(long status, const char* path, DiskCall::Kind kind) {
    if (status == 0 && recording())
        note_call(path, {.kind = kind});
    return static_cast<int>(status);
}

int noted_names(long status, const char* from, const char* to, DiskCall::Kind kind) {
    if (status == 0 && recording())
        portrait::testing::note_names(from, to, kind);
    return static_cast<int>(status);
}

std::FILE* open_stream(const char* path, const char* mode) {
    static auto* const real = next_function<std::FILE*(const char*, const char*)>("fopen64");
    auto* const stream = real(path, mode);
    const std::string_view letters{mode};
    const int flags = letters.starts_with('w') ? O_CREAT | O_TRUNC : letters.starts_with('a') ? O_CREAT : 0;
    if (stream != nullptr)
        portrait::testing::note_opened(::fileno(stream), flags);
    return stream;
}

int make_temporary(char* name, int flags) {
    static auto* const real = next_function<int(char*, int)>("mkostemp");
    const int descriptor = real(name, flags);
    portrait::testing::note_opened(descriptor, O_CREAT);
    return descriptor;
}

} // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
    const auto written = ::syscall(SYS_write, descriptor, bytes, count);
    const iovec part{const_cast<void*>(bytes), count};
    return noted_write(descriptor, &part, 1, written);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
    return noted_write(descriptor, parts, count, ::syscall(SYS_writev, descriptor, parts, count));
}

std::FILE* fopen(const char* path, const char* mode) {
    return open_stream(path, mode);
}

std::FILE* fopen64(const char* path, const char* mode) {
    return open_stream(path, mode);
}

int mkostemp(char* name, int flags) {
    return make_temporary(name, flags);
}

int mkostemp64(char* name, int flags) {
    return make_temporary(name, flags);
}

int mkstemp(char* name) {
    return make_temporary(name, 0);
}

int mkstemp64(char* name) {
    return make_temporary(name, 0);
}

int mkdir(const char* path, mode_t mode) noexcept {
    return noted(::syscall(SYS_mkdirat, AT_FDCWD, path, mode), path, DiskCall::Kind::make_folder);
}

int unlink(const char* path) noexcept {
    return noted(::syscall(SYS_unlinkat, AT_FDCWD, path, 0), path, DiskCall::Kind::unlink);
}

int rmdir(const char* path) noexcept {
    return noted(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR), path, DiskCall::Kind::unlink);
}

int remove(const char* path) noexcept {
    if (::unlink(path) == 0)
        return 0;
    return errno == EISDIR ? ::rmdir(path) : -1;
}

int rename(const char* from, const char* to) noexcept {
    return noted_names(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), from, to,
                       DiskCall::Kind::rename);
}

int link(const char* from, const char* to) noexcept {
    return noted_names(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), from, to,
                       DiskCall::Kind::link);
}

int syncfs(int descriptor) noexcept {
    if (portrait::testing::syncs_are_skipped())
        return 0;
    const auto begun = recording() ? portrait::testing::calls_noted() : 0;
    const auto status = static_cast<int>(::syscall(SYS_syncfs, descriptor));
    if (status == 0 && recording())
        note_call(descriptor, {.kind = DiskCall::Kind::sync_all, .length = begun});
    return status;
}

} // extern "C"
