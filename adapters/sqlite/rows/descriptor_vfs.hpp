#pragma once

#include <filesystem>

namespace portrait::sqlite {

/// The name of the SQLite VFS for a database: null, the default one, unless the path leads through an open
/// descriptor (`OpenFolder::path`). The default VFS replaces such a path by that of the folder, which may
/// have become another's, and may be read-only in this process's mounts.
const char* vfs_for(const std::filesystem::path& database) noexcept;

} // namespace portrait::sqlite
