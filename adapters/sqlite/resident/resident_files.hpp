#pragma once

#include <portrait/error.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace portrait::sqlite {

struct ResidentVfs;

/// The files of a database for those who must not wait for the disk: a VFS of SQLite's that reads what the
/// page cache holds and refuses the rest at once, by SQLITE_IOERR_BLOCKED. All but reading and sleeping is
/// the system's own VFS's work. It is registered while this object lives, which has to be longer than any
/// connection to the database in this process: the system forgets a process's locks on a file when any
/// descriptor of it is closed.
class ResidentFiles {
public:
    /// Errors: those of opening the file; `internal` where another VFS than that for Unix is SQLite's
    /// default, since the files may then hold something else than what is read from them.
    [[nodiscard]] static result<ResidentFiles> open(const std::filesystem::path& database);

    ResidentFiles(ResidentFiles&& other) noexcept;
    ResidentFiles& operator=(ResidentFiles&&) = delete;
    ~ResidentFiles();

    /// What a connection is opened by.
    const std::string& vfs_name() const noexcept;

private:
    explicit ResidentFiles(std::unique_ptr<ResidentVfs> vfs) noexcept;

    std::unique_ptr<ResidentVfs> vfs_;
};

} // namespace portrait::sqlite
