#pragma once

#include "segments/file_descriptor.hpp"

#include <portrait/error.hpp>

#include <filesystem>

namespace portrait::sqlite {

/// Makes sure that a folder is there: makes it, mode 0700 and durable, when only its last component is
/// missing. Errors: `store_folder_missing`, `store_read_only`, `store_not_a_database` when a file is in its
/// place.
[[nodiscard]] result<void> make_folder(const std::filesystem::path& folder);

/// Makes sure that a file is there: makes it empty, mode 0600, when it is missing.
[[nodiscard]] result<void> make_file(const std::filesystem::path& path);

/// The sole right to a data folder, as long as it lives. The kernel drops it with the process.
class FolderLock {
public:
    /// Errors: `store_in_use` when this or another process has it, `store_read_only`, `store_io`.
    [[nodiscard]] static result<FolderLock> take(const std::filesystem::path& folder);

private:
    explicit FolderLock(FileDescriptor file) noexcept
        : file_{std::move(file)} {}

    FileDescriptor file_;
};

} // namespace portrait::sqlite
