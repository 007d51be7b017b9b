#include "resident/resident_files.hpp"

#include "segments/file_descriptor.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace portrait::sqlite {
namespace {

/// The members of this VFS's files. They follow the file of the system's VFS in the same memory.
struct ResidentFile {
    const sqlite3_io_methods* system;
    sqlite3_io_methods methods; ///< the system's, but for reading and closing
    int descriptor;             ///< for reading; -1: the system's VFS reads
    bool owned;
};

std::size_t size_of_system_file(const sqlite3_vfs& system) noexcept {
    constexpr auto alignment = alignof(ResidentFile);
    return (static_cast<std::size_t>(system.szOsFile) + alignment - 1) / alignment * alignment;
}

ResidentFile& resident(sqlite3_file* file) noexcept {
    static const auto offset = size_of_system_file(*sqlite3_vfs_find("unix"));
    return *reinterpret_cast<ResidentFile*>(reinterpret_cast<std::byte*>(file) + offset);
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    const auto& own = resident(file);
    if (own.descriptor < 0)
        return own.system->xRead(file, bytes, count, offset);
    const std::span buffer{static_cast<std::byte*>(bytes), static_cast<std::size_t>(count)};
    std::size_t done = 0;
    const int failure =
        read_fully(own.descriptor, buffer, static_cast<std::uint64_t>(offset), done, Waiting::refused);
    if (failure != 0)
        return failure == EAGAIN ? SQLITE_IOERR_BLOCKED : SQLITE_IOERR_READ;
    if (done == buffer.size())
        return SQLITE_OK;
    std::memset(buffer.data() + done, 0, buffer.size() - done); // SQLite requires zeros
    return SQLITE_IOERR_SHORT_READ;
}

int close(sqlite3_file* file) {
    const auto& own = resident(file);
    const int status = own.system->xClose(file);
    if (own.owned)
        ::close(own.descriptor);
    return status;
}

struct ResidentVfs {
    sqlite3_vfs vfs; ///< a copy of the system's, but for opening and sleeping
    sqlite3_vfs* system;
    FileDescriptor database;
    std::string name;

    ~ResidentVfs() { sqlite3_vfs_unregister(&vfs); }
};
static_assert(std::is_standard_layout_v<ResidentVfs>); // a pointer to `vfs` is one to the object

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& own_vfs = *reinterpret_cast<ResidentVfs*>(vfs);
    const int status = own_vfs.system->xOpen(own_vfs.system, name, file, flags, out_flags);
    if (status != SQLITE_OK)
        return status;
    auto& own = resident(file);
    own = {.system = file->pMethods, .methods = *file->pMethods, .descriptor = -1, .owned = false};
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
        own.descriptor = own_vfs.database.get();
    } else if ((flags & SQLITE_OPEN_WAL) != 0) {
        // SQLite takes no locks on this file, so its closing drops none.
        own.descriptor = ::open(name, O_RDONLY | O_CLOEXEC);
        own.owned = own.descriptor >= 0;
        if (!own.owned) { // the system's VFS might wait for the disk
            own.system->xClose(file);
            file->pMethods = nullptr;
            return SQLITE_CANTOPEN;
        }
    }
    own.methods.iVersion = 2; // with 3 SQLite would map the database's pages and wait for them at any access
    own.methods.xRead = read;
    own.methods.xClose = close;
    file->pMethods = &own.methods;
    return SQLITE_OK;
}

/// SQLite sleeps between attempts to take a lock. Without sleep it fails soon, as its callers need it.
int no_sleep(sqlite3_vfs*, int) {
    return 0;
}

} // namespace

std::shared_ptr<const std::string> register_resident_vfs(const std::filesystem::path& database) {
    static std::atomic<std::uint64_t> last_name{0};
    auto* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr || std::string_view{system->zName} != "unix")
        return nullptr;
    auto file = FileDescriptor::open(database, O_RDONLY);
    if (!file)
        return nullptr;
    const std::shared_ptr<ResidentVfs> own{
        new ResidentVfs{*system, system, std::move(file), fmt::format("portrait-resident-{}", ++last_name)}};
    own->vfs.iVersion = 2;
    own->vfs.szOsFile = static_cast<int>(size_of_system_file(*system) + sizeof(ResidentFile));
    own->vfs.zName = own->name.c_str();
    own->vfs.xOpen = open_file;
    own->vfs.xSleep = no_sleep;
    sqlite3_vfs_register(&own->vfs, 0);
    return {own, &own->name};
}

} // namespace portrait::sqlite
