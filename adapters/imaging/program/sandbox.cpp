#include "program/sandbox.hpp"

#include <fmt/format.h>

#include <seccomp.h>

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>

// The sanitizers reserve memory in terabytes, and report on stderr.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PORTRAIT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PORTRAIT_SANITIZED 1
#endif
#endif

namespace portrait::imaging::process {
namespace {

std::string failed(std::string_view what, int error) {
    return fmt::format("{}: {}", what, std::generic_category().message(error));
}

std::string limit_resources(const SandboxBounds& bounds) {
    struct Bound {
        decltype(RLIMIT_CORE) resource;
        rlim_t most;
    };
    constexpr rlim_t most_files = 16; // it has seven
    for (const auto& [resource, most] : {Bound{RLIMIT_CORE, 0}, Bound{RLIMIT_NOFILE, most_files},
                                         Bound{RLIMIT_FSIZE, bounds.most_made_bytes},
#ifndef PORTRAIT_SANITIZED
                                         Bound{RLIMIT_DATA, bounds.most_memory}
#endif
         }) {
        const rlimit limit{.rlim_cur = most, .rlim_max = most};
        if (::setrlimit(resource, &limit) != 0)
            return failed("setrlimit", errno);
    }
    return {};
}

struct Release {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

/// The argument of that number, from 0.
constexpr scmp_arg_cmp argument_is(unsigned number, scmp_datum_t value) noexcept {
    return {.arg = number, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

/// As above, of the argument's bits in `mask`.
constexpr scmp_arg_cmp bits_are(unsigned number, scmp_datum_t mask, scmp_datum_t value) noexcept {
    return {.arg = number, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/// Collects the first failure of libseccomp's calls, which return a negative errno.
class Filter {
public:
    Filter()
        : filter_{seccomp_init(SCMP_ACT_ERRNO(EPERM))} {
        if (!filter_)
            error_ = ENOMEM;
    }

    template<class... Conditions>
    void add(std::uint32_t action, int call, Conditions... conditions) {
        if (error_ == 0)
            error_ = -seccomp_rule_add(filter_.get(), action, call, sizeof...(conditions), conditions...);
    }
    template<class... Conditions>
    void allow(int call, Conditions... conditions) {
        add(SCMP_ACT_ALLOW, call, conditions...);
    }
    void allow_all(std::initializer_list<int> calls) {
        for (const int call : calls)
            allow(call);
    }

    /// For every thread. Returns an errno.
    int load() {
        if (error_ == 0)
            error_ = -seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
        if (error_ == 0)
            error_ = -seccomp_load(filter_.get());
        return error_;
    }

private:
    std::unique_ptr<void, Release> filter_;
    int error_ = 0;
};

std::string filter_calls() {
    Filter filter;
    // Of open descriptors: its messages, and the memory of pictures.
    filter.allow_all({SCMP_SYS(read), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(write),
                      SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
                      SCMP_SYS(lseek), SCMP_SYS(ftruncate)});
    filter.allow_all({SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)});
    constexpr auto executable = static_cast<scmp_datum_t>(PROT_EXEC);
    filter.allow(SCMP_SYS(mmap), bits_are(2, executable, 0));
    filter.allow(SCMP_SYS(mprotect), bits_are(2, executable, 0));
    // Threads, but no processes. The flags of clone3 can't be seen, and without it the C library uses clone.
    constexpr auto thread = static_cast<scmp_datum_t>(CLONE_THREAD);
    filter.allow(SCMP_SYS(clone), bits_are(0, thread, thread));
    filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    filter.allow(SCMP_SYS(prctl), argument_is(0, PR_SET_NAME));
    filter.allow_all({SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid),
                      SCMP_SYS(getpid), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(exit),
                      SCMP_SYS(exit_group), SCMP_SYS(restart_syscall)});
    filter.allow(SCMP_SYS(sysinfo)); // qsort asks for the machine's memory and sorts otherwise without it
    // Signals of its own, such as that of abort.
    filter.allow_all(
        {SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack)});
    const auto self = static_cast<scmp_datum_t>(::getpid());
    filter.allow(SCMP_SYS(tgkill), argument_is(0, self));
    filter.allow_all({SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
                      SCMP_SYS(nanosleep), SCMP_SYS(getrandom)});
#ifdef PORTRAIT_SANITIZED
    filter.allow_all({SCMP_SYS(pipe), SCMP_SYS(pipe2)}); // UBSan asks by a pipe whether memory can be read
#endif
    const int error = filter.load();
    return error == 0 ? std::string{} : failed("seccomp", error);
}

} // namespace

std::string enter_sandbox(const SandboxBounds& bounds) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failed("prctl", errno);
    auto failure = limit_resources(bounds);
    return failure.empty() ? filter_calls() : failure;
}

} // namespace portrait::imaging::process
