#pragma once

#include <filesystem>

namespace portrait::sqlite {

/// The name of the SQLite VFS for a database; null, the default one, when that isn't the VFS for Unix. This
/// one differs in two things:
/// - The log's index has all its room on the disk before it is used. SQLite allocates one block for each page
///   of memory; where blocks are smaller than pages, a full disk would end the process by SIGBUS.
/// - A path through an open descriptor (`OpenFolder::path`) stays as it is. The default VFS takes the
///   folder's path instead, which may have become another's, or be read-only in this process's mounts.
const char* vfs_for(const std::filesystem::path& database) noexcept;

} // namespace portrait::sqlite
