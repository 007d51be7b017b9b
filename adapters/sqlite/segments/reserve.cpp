#include "segments/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace portrait::sqlite {
namespace {

constexpr std::uint64_t portion = 512ULL << 10;
static_assert(reserve_bytes % portion == 0);

/// The size of a file that has all its blocks; 0 for others, such as a copy by a program that leaves out
/// zeros.
std::uint64_t allocated_size(int descriptor) noexcept {
    constexpr std::uint64_t block = 512; // of st_blocks, on all file systems
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        return 0;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    return static_cast<std::uint64_t>(status.st_blocks) * block >= size ? size / portion * portion : 0;
}

bool resize(int descriptor, std::uint64_t size) noexcept {
    return ::ftruncate(descriptor, static_cast<off_t>(size)) == 0;
}

/// Returns 0 or an errno.
int allocate(int descriptor, std::uint64_t offset, std::uint64_t length) noexcept {
    for (;;) {
        if (::fallocate(descriptor, 0, static_cast<off_t>(offset), static_cast<off_t>(length)) == 0)
            return 0;
        if (errno != EINTR)
            return errno;
    }
}

} // namespace

Reserve::Reserve(const std::filesystem::path& folder)
    : path_{folder / reserve_name} {
    open();
}

void Reserve::open() noexcept {
    auto file = FileDescriptor::open(path_, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (file) {
        (void)::fchmod(file.get(), S_IRUSR | S_IWUSR); // the umask may have removed bits
        size_ = std::min(allocated_size(file.get()), reserve_bytes);
        (void)resize(file.get(), size_);
        held_ = size_ == reserve_bytes;
        file_.emplace(std::move(file));
    } else if (code_of_errno(errno) != errc::store_full)
        held_ = true;
}

bool Reserve::hold() noexcept {
    if (held())
        return true;
    const std::scoped_lock lock{mutex_};
    if (held())
        return true;
    if (!file_)
        open();
    bool available = file_.has_value();
    // An attempt that fails may cost the file system a commit of its journal.
    while (available && !held() && free_bytes(file_->get()) >= portion) {
        const int failure = allocate(file_->get(), size_, portion);
        if (failure == 0)
            size_ += portion;
        else
            (void)resize(file_->get(), size_); // a part may be allocated
        available = failure == 0;
        held_ = size_ == reserve_bytes || failure == EOPNOTSUPP || failure == ENOSYS;
    }
    return held();
}

bool Reserve::give_up() noexcept {
    const std::scoped_lock lock{mutex_};
    if (size_ == 0 || !resize(file_->get(), size_ - portion))
        return false;
    size_ -= portion;
    held_ = false;
    return true;
}

} // namespace portrait::sqlite
