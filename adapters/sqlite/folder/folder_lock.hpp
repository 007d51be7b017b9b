#pragma once

#include "segments/file_descriptor.hpp"

#include <filesystem>

/// Files and folders of a data folder.
namespace portrait::sqlite {

/// The file in a data folder whose lock is the folder's.
inline constexpr const char* lock_name = "lock";

/// An absolute path without a slash at its end.
[[nodiscard]] result<std::filesystem::path> absolute_folder(const std::filesystem::path& folder);

/// Makes a folder, mode 0700 and durable, if it is missing; its parent must exist. Errors:
/// `store_folder_missing`, `store_read_only`, `store_not_a_database` when the path is a file's, ….
[[nodiscard]] result<void> make_folder(const std::filesystem::path& folder);

/// Checks that no other user can change a folder; see `Trusted::folder`. A symbolic link is followed. Errors:
/// `file_invalid`, `store_io`.
[[nodiscard]] result<void> check_folder(const std::filesystem::path& folder);

/// Takes the lock of a data folder, which lasts as long as the file is open: the kernel drops it with the
/// process. Errors: `store_in_use` when this or another process has it, `store_read_only`, `store_io`.
[[nodiscard]] result<FileDescriptor> lock_folder(const std::filesystem::path& folder);

/// `store_io` when the locked folder was deleted: what is written into its open files is lost.
[[nodiscard]] result<void> check_lock(const FileDescriptor& lock);

} // namespace portrait::sqlite
