#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace portrait::sqlite {

/// Registers a VFS of SQLite for reads that must not wait for the disk, and returns its name, for
/// `Connection::open`. The VFS reads from the page cache, and fails at once with
/// SQLITE_IOERR_BLOCKED when a part isn't there; the system's VFS does everything but reading and sleeping.
/// It is registered as long as the name lives. The name must outlive all connections to the database in this
/// process: Linux drops a process's locks on a file when any descriptor of it is closed.
/// Null when the file can't be opened, and when SQLite's default VFS isn't the one for Unix, because the
/// files may have another format then.
std::shared_ptr<const std::string> register_resident_vfs(const std::filesystem::path& database);

} // namespace portrait::sqlite
