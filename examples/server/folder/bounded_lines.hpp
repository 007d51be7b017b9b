#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace portrait_server {

/// Opens a regular file for reading; `folder` is an open one. A symbolic link is not followed, and a pipe not
/// waited for. Negative after a failure, with errno.
int open_regular_file(int folder, const std::filesystem::path& name);

/// Reads a file line by line, in memory of one line: a line may be as long as a disk.
class BoundedLines {
public:
    enum class Read { line, end, too_long, failed };

    /// Owns the open file.
    BoundedLines(int descriptor, std::size_t max_line) noexcept
        : descriptor_{descriptor}
        , max_line_{max_line} {}
    BoundedLines(const BoundedLines&) = delete;
    BoundedLines& operator=(const BoundedLines&) = delete;
    ~BoundedLines();

    /// The next line, without its end. After `too_long` or `failed` (errno) there is no next one.
    [[nodiscard]] Read next(std::string& line);

private:
    const int descriptor_;
    const std::size_t max_line_;
    std::string buffer_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

} // namespace portrait_server
