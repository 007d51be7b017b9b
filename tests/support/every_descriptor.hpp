#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace portrait::testing {

/// Leaves the process no file descriptor while this object lives. UndefinedBehaviorSanitizer asks by a pipe
/// whether memory can be read and takes all objects for broken without one, so its builds keep two.
class EveryDescriptor {
public:
    EveryDescriptor() {
        if (::getrlimit(RLIMIT_NOFILE, &before_) != 0)
            throw std::runtime_error{"getrlimit"};
        const rlimit few{64, before_.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &few) != 0)
            throw std::runtime_error{"setrlimit"};
        for (int next = open_one(); next >= 0; next = open_one())
            taken_.push_back(next);
        for (std::size_t kept = 0; kept < kept_for_sanitizer && !taken_.empty(); ++kept) {
            ::close(taken_.back());
            taken_.pop_back();
        }
    }
    ~EveryDescriptor() {
        for (const int number : taken_)
            ::close(number);
        (void)::setrlimit(RLIMIT_NOFILE, &before_);
    }
    EveryDescriptor(const EveryDescriptor&) = delete;
    EveryDescriptor& operator=(const EveryDescriptor&) = delete;

private:
#ifdef __SANITIZE_ADDRESS__ // both sanitizers are one preset, and this is the one that names itself
    static constexpr std::size_t kept_for_sanitizer = 2;
#else
    static constexpr std::size_t kept_for_sanitizer = 0;
#endif

    static int open_one() {
        return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }

    rlimit before_{};
    std::vector<int> taken_;
};

} // namespace portrait::testing
