#include "rows/descriptor_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <string_view>

namespace portrait::sqlite {
namespace {

/// Keeps the path as it is: it is absolute, and its folder was checked.
int same_path(sqlite3_vfs*, const char* name, int size, char* full) {
    const std::string_view path{name};
    if (path.size() >= static_cast<std::size_t>(size))
        return SQLITE_CANTOPEN;
    *std::copy(path.begin(), path.end(), full) = '\0';
    return SQLITE_OK;
}

const char* register_descriptor_vfs() noexcept {
    const auto* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr || std::string_view{system->zName} != "unix")
        return nullptr;
    static sqlite3_vfs own = *system;
    own.zName = "portrait-descriptor";
    own.xFullPathname = same_path;
    return sqlite3_vfs_register(&own, 0) == SQLITE_OK ? own.zName : nullptr;
}

} // namespace

const char* vfs_for(const std::filesystem::path& database) noexcept {
    if (!database.native().starts_with("/proc/self/fd/"))
        return nullptr;
    static const char* const name = register_descriptor_vfs();
    return name;
}

} // namespace portrait::sqlite
