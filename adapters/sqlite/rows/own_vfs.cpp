#include "rows/own_vfs.hpp"

#include <sqlite3.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portrait::sqlite {
namespace {

constexpr const char* system_vfs = "unix";

/// Lets the kernel allocate the memory's blocks on the disk. False when the disk has no room for them.
bool allocate([[maybe_unused]] volatile void* memory, [[maybe_unused]] int size) noexcept {
#ifdef MADV_POPULATE_WRITE
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    auto* const bytes = static_cast<char*>(const_cast<void*>(memory));
    const auto before = reinterpret_cast<std::uintptr_t>(bytes) % page; // madvise takes whole pages
    int status = 0;
    do
        status = ::madvise(bytes - before, before + static_cast<std::size_t>(size), MADV_POPULATE_WRITE);
    while (status != 0 && errno == EINTR);
    return status == 0 || errno == EINVAL; // EINVAL: Linux before 5.14
#else
    return true;
#endif
}

/// The methods of a database's file: the system's, and those with our `xShmMap`.
struct Methods {
    const sqlite3_io_methods* system;
    sqlite3_io_methods own;
};

/// `first`: the methods of the first file, which are those of all.
const Methods& methods(const sqlite3_io_methods* first = nullptr);

int map_shared(sqlite3_file* file, int region, int size, int extend, volatile void** memory) {
    const int status = methods().system->xShmMap(file, region, size, extend, memory);
    if (status != SQLITE_OK || *memory == nullptr || allocate(*memory, size))
        return status;
    *memory = nullptr;
    return SQLITE_IOERR_SHMSIZE;
}

const Methods& methods(const sqlite3_io_methods* first) {
    static const Methods found = [first] {
        Methods made{first, *first};
        made.own.xShmMap = map_shared;
        return made;
    }();
    return found;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* const system = sqlite3_vfs_find(system_vfs);
    const int status = system->xOpen(system, name, file, flags, out_flags);
    if (status == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0 &&
        methods(file->pMethods).system == file->pMethods)
        file->pMethods = &methods().own;
    return status;
}

/// Keeps the path as it is: it is absolute, and its folder was checked.
int same_path(sqlite3_vfs*, const char* name, int size, char* full) {
    const std::string_view path{name};
    if (path.size() >= static_cast<std::size_t>(size))
        return SQLITE_CANTOPEN;
    *std::copy(path.begin(), path.end(), full) = '\0';
    return SQLITE_OK;
}

/// Registers a copy of the system's VFS. `path_of`: null for the system's.
const char* register_copy(sqlite3_vfs& copy, const char* name, decltype(sqlite3_vfs::xFullPathname) path_of) {
    const auto* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr || std::string_view{system->zName} != system_vfs)
        return nullptr;
    copy = *system;
    copy.zName = name;
    copy.xOpen = open_file;
    if (path_of != nullptr)
        copy.xFullPathname = path_of;
    return sqlite3_vfs_register(&copy, 0) == SQLITE_OK ? copy.zName : nullptr;
}

} // namespace

const char* vfs_for(const std::filesystem::path& database) noexcept {
    static sqlite3_vfs plain;
    static sqlite3_vfs by_descriptor;
    static const char* const plain_name = register_copy(plain, "portrait", nullptr);
    static const char* const descriptor_name = register_copy(by_descriptor, "portrait-descriptor", same_path);
    return database.native().starts_with("/proc/self/fd/") ? descriptor_name : plain_name;
}

} // namespace portrait::sqlite
