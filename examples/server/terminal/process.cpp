#include "terminal/process.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace portrait_server {

std::uint64_t prepare_process() {
    ::umask(077);
    (void)std::signal(SIGPIPE, SIG_IGN);
    // A write beyond RLIMIT_FSIZE fails, as on a full disk, and ends nobody.
    (void)std::signal(SIGXFSZ, SIG_IGN);

    // A core would hold passwords and pictures. The limit alone isn't enough: a pipe in core_pattern ignores
    // it.
    constexpr rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    (void)::setrlimit(RLIMIT_CORE, &no_core);
    (void)::prctl(PR_SET_DUMPABLE, 0);

    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
    }

    // glibc raises its threshold for mmap to the size of what was freed last, up to 32 MiB, and from then on
    // keeps freed bodies in arenas, one for each of many threads. A fixed threshold gives them back at once:
    // while pictures of 5 MiB came over 16 connections the peak was 95 MiB instead of 213, and 15 instead of
    // 127 stayed.
    ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    ::mallopt(M_ARENA_MAX, 4);
    // What some pictures in flight take stays at an arena's end: a page that is taken anew with each of them
    // costs more than its copy does.
    ::mallopt(M_TOP_PAD, 4 * 1024 * 1024);
    return ::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 ? descriptors.rlim_cur : 0;
}

} // namespace portrait_server
