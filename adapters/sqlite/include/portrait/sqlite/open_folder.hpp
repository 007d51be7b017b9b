#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <filesystem>

namespace portrait::sqlite {

/// A folder, held open, for a copy of the store or of its pictures. No other user can change it (see
/// `Trusted::folder`), so what `check_file` has checked stays as it is. Its files are opened through the
/// descriptor: neither a symbolic link in its place nor another folder that gets its name has an effect.
///
/// A descriptor of another process works, too: it keeps the mounts of that process, where a folder may be
/// writable that is read-only for this one.
class PORTRAIT_EXPORT OpenFolder {
public:
    /// Opens an existing folder. Errors: `file_invalid` (a symbolic link, or a folder that other users can
    /// change), `store_not_a_database` (no folder), `store_folder_missing`, `store_read_only`, `store_io`.
    [[nodiscard]] static result<OpenFolder> open(const std::filesystem::path& path);
    /// As `open`, but makes the folder (0700) when it is missing. Its parent must exist.
    [[nodiscard]] static result<OpenFolder> open_or_make(const std::filesystem::path& path);
    /// Owns the descriptor of a folder, also after an error. `name` is for messages.
    [[nodiscard]] static result<OpenFolder> adopt(int descriptor, std::filesystem::path name);

    OpenFolder(OpenFolder&& other) noexcept;
    OpenFolder& operator=(OpenFolder&&) = delete;
    ~OpenFolder();

    int descriptor() const noexcept { return descriptor_; }
    /// The path by which it was opened, for messages.
    const std::filesystem::path& name() const noexcept { return name_; }
    /// A path that is valid in this process while the object lives.
    std::filesystem::path path() const;

    /// Success when there is no file of this name (a path inside the folder), or when it is a regular file
    /// with one name that no other user can change. Otherwise `file_invalid`: a symbolic link, a hard link, a
    /// pipe or a device could be one of another user.
    [[nodiscard]] result<void> check_file(const std::filesystem::path& file) const;
    /// Success when there is no subfolder of this name, or one that no other user can change and whose
    /// entries all pass `check_file`.
    [[nodiscard]] result<void> check_subfolder(const std::filesystem::path& subfolder) const;

private:
    OpenFolder(int descriptor, std::filesystem::path name) noexcept;

    int descriptor_;
    std::filesystem::path name_;
};

} // namespace portrait::sqlite
