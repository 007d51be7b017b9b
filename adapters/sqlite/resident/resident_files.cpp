#include "resident/resident_files.hpp"

#include "segments/file_descriptor.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace portrait::sqlite {

namespace {

/// What SQLite sees of a file; the system's own stands behind it in the same memory.
struct ResidentFile {
    sqlite3_file base;
    int descriptor; ///< to read by; -1: by the system's VFS
    bool owned;

    sqlite3_file* system() noexcept;
};

constexpr std::size_t system_offset = (sizeof(ResidentFile) + alignof(std::max_align_t) - 1) /
                                      alignof(std::max_align_t) * alignof(std::max_align_t);

sqlite3_file* ResidentFile::system() noexcept {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(this) + system_offset);
}

ResidentFile& resident(sqlite3_file* file) noexcept {
    return *reinterpret_cast<ResidentFile*>(file);
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    auto& own = resident(file);
    if (own.descriptor < 0)
        return own.system()->pMethods->xRead(own.system(), bytes, count, offset);
    const std::span buffer{static_cast<std::byte*>(bytes), static_cast<std::size_t>(count)};
    std::size_t done = 0;
    const int failure = read_resident(own.descriptor, buffer, static_cast<std::uint64_t>(offset), done);
    if (failure == EAGAIN)
        return SQLITE_IOERR_BLOCKED;
    if (failure != 0)
        return SQLITE_IOERR_READ;
    if (done == buffer.size())
        return SQLITE_OK;
    std::memset(buffer.data() + done, 0, buffer.size() - done); // SQLite asks for that
    return SQLITE_IOERR_SHORT_READ;
}

int close(sqlite3_file* file) {
    auto& own = resident(file);
    const int status = own.system()->pMethods->xClose(own.system());
    if (own.owned)
        ::close(own.descriptor);
    return status;
}

/// The system's own function of the same name, on the system's own file.
template<auto Method>
struct Forward;
template<class... Arguments, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Forward<Method> {
    static int call(sqlite3_file* file, Arguments... arguments) {
        auto* const system = resident(file).system();
        return (system->pMethods->*Method)(system, arguments...);
    }
};

void shm_barrier(sqlite3_file* file) {
    auto* const system = resident(file).system();
    system->pMethods->xShmBarrier(system);
}

constexpr sqlite3_io_methods methods{
    .iVersion = 2, // 3 would have SQLite map the database's pages, and wait for them wherever it touches one
    .xClose = close,
    .xRead = read,
    .xWrite = Forward<&sqlite3_io_methods::xWrite>::call,
    .xTruncate = Forward<&sqlite3_io_methods::xTruncate>::call,
    .xSync = Forward<&sqlite3_io_methods::xSync>::call,
    .xFileSize = Forward<&sqlite3_io_methods::xFileSize>::call,
    .xLock = Forward<&sqlite3_io_methods::xLock>::call,
    .xUnlock = Forward<&sqlite3_io_methods::xUnlock>::call,
    .xCheckReservedLock = Forward<&sqlite3_io_methods::xCheckReservedLock>::call,
    .xFileControl = Forward<&sqlite3_io_methods::xFileControl>::call,
    .xSectorSize = Forward<&sqlite3_io_methods::xSectorSize>::call,
    .xDeviceCharacteristics = Forward<&sqlite3_io_methods::xDeviceCharacteristics>::call,
    .xShmMap = Forward<&sqlite3_io_methods::xShmMap>::call,
    .xShmLock = Forward<&sqlite3_io_methods::xShmLock>::call,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = Forward<&sqlite3_io_methods::xShmUnmap>::call,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

} // namespace

struct ResidentVfs {
    sqlite3_vfs vfs;
    sqlite3_vfs& system;
    FileDescriptor database;
    std::string name;
};

namespace {

ResidentVfs& resident(sqlite3_vfs* vfs) noexcept {
    return *static_cast<ResidentVfs*>(vfs->pAppData);
}

/// The same for the functions of a VFS.
template<auto Function>
struct ForwardVfs;
template<class... Arguments, int (*sqlite3_vfs::*Function)(sqlite3_vfs*, Arguments...)>
struct ForwardVfs<Function> {
    static int call(sqlite3_vfs* vfs, Arguments... arguments) {
        auto& system = resident(vfs).system;
        return (system.*Function)(&system, arguments...);
    }
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& own_vfs = resident(vfs);
    auto& own = *new (file) ResidentFile{{nullptr}, -1, false};
    const int status = own_vfs.system.xOpen(&own_vfs.system, name, own.system(), flags, out_flags);
    if (status != SQLITE_OK)
        return status;
    own.base.pMethods = &methods;
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
        own.descriptor = own_vfs.database.get();
    } else if ((flags & SQLITE_OPEN_WAL) != 0) {
        // No lock is ever taken on this file, so there is none to lose when it is closed.
        own.descriptor = ::open(name, O_RDONLY | O_CLOEXEC);
        own.owned = own.descriptor >= 0;
        if (!own.owned) { // by the system's VFS it might be waited for
            own.system()->pMethods->xClose(own.system());
            own.base.pMethods = nullptr;
            return SQLITE_CANTOPEN;
        }
    }
    return SQLITE_OK;
}

/// SQLite sleeps between tries for a lock; who can't wait tries again at once, and SQLite gives up in the
/// end.
int sleep_not(sqlite3_vfs*, int) {
    return 0;
}

std::string unique_name() {
    static std::atomic<std::uint64_t> last{0};
    return fmt::format("portrait-resident-{}", ++last);
}

} // namespace

result<ResidentFiles> ResidentFiles::open(const std::filesystem::path& database) {
    auto* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr || std::string_view{system->zName} != "unix")
        return Error{errc::internal}.with_cause("SQLite's default VFS is another");
    auto file = FileDescriptor::open(database, O_RDONLY);
    if (!file)
        return error_of_errno(errno, "open", database);
    std::unique_ptr<ResidentVfs> own{new ResidentVfs{{}, *system, std::move(file), unique_name()}};
    own->vfs.iVersion = 2;
    own->vfs.szOsFile = static_cast<int>(system_offset) + system->szOsFile;
    own->vfs.mxPathname = system->mxPathname;
    own->vfs.zName = own->name.c_str();
    own->vfs.pAppData = own.get();
    own->vfs.xOpen = open_file;
    own->vfs.xDelete = ForwardVfs<&sqlite3_vfs::xDelete>::call;
    own->vfs.xAccess = ForwardVfs<&sqlite3_vfs::xAccess>::call;
    own->vfs.xFullPathname = ForwardVfs<&sqlite3_vfs::xFullPathname>::call;
    own->vfs.xRandomness = ForwardVfs<&sqlite3_vfs::xRandomness>::call;
    own->vfs.xSleep = sleep_not;
    own->vfs.xCurrentTime = ForwardVfs<&sqlite3_vfs::xCurrentTime>::call;
    own->vfs.xGetLastError = ForwardVfs<&sqlite3_vfs::xGetLastError>::call;
    own->vfs.xCurrentTimeInt64 = ForwardVfs<&sqlite3_vfs::xCurrentTimeInt64>::call;
    sqlite3_vfs_register(&own->vfs, 0);
    return ResidentFiles{std::move(own)};
}

ResidentFiles::ResidentFiles(std::unique_ptr<ResidentVfs> vfs) noexcept
    : vfs_{std::move(vfs)} {}

ResidentFiles::ResidentFiles(ResidentFiles&& other) noexcept = default;

ResidentFiles::~ResidentFiles() {
    if (vfs_)
        sqlite3_vfs_unregister(&vfs_->vfs);
}

const std::string& ResidentFiles::vfs_name() const noexcept {
    return vfs_->name;
}

} // namespace portrait::sqlite
