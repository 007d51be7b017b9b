#include "folder/bounded_lines.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace portrait_server {
namespace {

constexpr std::size_t read_step = 64UL * 1024;

} // namespace

int open_regular_file(int folder, const std::filesystem::path& name) {
    const int descriptor =
        ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)))
        return descriptor;
    ::close(descriptor);
    errno = EINVAL;
    return -1;
}

BoundedLines::~BoundedLines() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

BoundedLines::Read BoundedLines::next(std::string& line) {
    for (;;) {
        const auto end = buffer_.find('\n', at_);
        if (end != buffer_.npos || (ended_ && at_ != buffer_.size())) {
            const auto length = (end == buffer_.npos ? buffer_.size() : end) - at_;
            if (length > max_line_)
                return Read::too_long;
            line.assign(buffer_, at_, length);
            at_ += length + (end == buffer_.npos ? 0 : 1);
            return Read::line;
        }
        if (ended_)
            return Read::end;
        if (buffer_.size() - at_ > max_line_)
            return Read::too_long;
        buffer_.erase(0, at_);
        at_ = 0;
        const auto kept = buffer_.size();
        buffer_.resize(kept + read_step);
        const auto count = ::read(descriptor_, buffer_.data() + kept, read_step);
        buffer_.resize(kept + static_cast<std::size_t>(count > 0 ? count : 0));
        if (count < 0 && errno != EINTR)
            return Read::failed;
        ended_ = count == 0;
    }
}

} // namespace portrait_server
