#include "fault.hpp"

#include "process/messages.hpp"
#include "program/serve_renderings.hpp"

#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

/// A rendering process whose decoder has faults.
namespace {

using namespace portrait;
using namespace portrait::imaging;
using portrait::testing::Fault;

/// Names what of all this was possible.
std::string escapes() {
    std::string possible;
    const auto attempt = [&](const char* name, bool succeeded) {
        if (succeeded)
            possible += std::string{possible.empty() ? "" : ", "} + name;
    };
    const auto server = ::getppid();
    attempt("open", ::open("/etc/hostname", O_RDONLY) >= 0);
    attempt("creat", ::open("/tmp/portrait-escaped", O_CREAT | O_WRONLY, 0600) >= 0);
    attempt("memory of the server", ::open("/proc/self/mem", O_RDWR) >= 0);
    attempt("socket", ::socket(AF_INET, SOCK_STREAM, 0) >= 0);
    attempt("local socket", ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    attempt("memfd_create", ::memfd_create("more", 0) >= 0);
    attempt("kill", server > 0 && ::kill(server, 0) == 0);
    attempt("signal of init", ::syscall(SYS_tgkill, 1, 1, 0) == 0);
    attempt("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
    char byte = 0;
    iovec own{.iov_base = &byte, .iov_len = 1};
    iovec other{.iov_base = &own, .iov_len = 1};
    attempt("process_vm_readv", ::process_vm_readv(::getpid(), &own, 1, &other, 1, 0) == 1);
    attempt("code", ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0) != MAP_FAILED);
    void* const data = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    attempt("code later", ::mprotect(data, 4096, PROT_READ | PROT_EXEC) == 0);
    char program[] = "/bin/true";
    char* arguments[] = {program, nullptr};
    const auto child = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0)
        ::_exit(0);
    attempt("fork", child > 0);
    clone_args wanted{};
    wanted.exit_signal = SIGCHLD;
    const auto third = ::syscall(SYS_clone3, &wanted, sizeof wanted);
    if (third == 0)
        ::_exit(0);
    attempt("clone3", third > 0);
    const rlimit more{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    attempt("setrlimit", ::setrlimit(RLIMIT_FSIZE, &more) == 0);
    attempt("prctl", ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
    ::execv(program, arguments);
    bool has_thread = false;
    std::thread{[&] { has_thread = true; }}.join();
    attempt("no thread", !has_thread);
    return possible;
}

void answer(const process::Answer& answer, std::size_t size = sizeof(process::Answer)) {
    ::send(process::messages_descriptor, &answer, size, 0);
}

[[nodiscard]] result<RenderedImage> commit(Fault fault, const BoundedRenderer::Admit& admit) {
    using process::Answer;
    switch (fault) {
    case Fault::bad_access:
        static_cast<void>(std::signal(SIGSEGV, SIG_DFL)); // a sanitizer's handler would exit
        *reinterpret_cast<volatile int*>(8) = 1;
        break;
    case Fault::abort: std::abort();
    case Fault::exit: ::_exit(7);
    case Fault::endless_loop: break;
    case Fault::endless_memory:
        for (std::vector<std::vector<char>> all;;)
            all.emplace_back(std::size_t{1} << 20, 'x');
    case Fault::escape: return Error{errc::image_corrupt}.with_cause(escapes());
    case Fault::other_format: {
        const auto admitted = admit({.bytes = 1});
        return RenderedImage{.bytes = ImageBytes{std::string{"<script>"}}, .format = ImageFormat::png};
    }
    case Fault::other_rule: return Error{errc::precondition_failed};
    case Fault::junk: answer({.kind = 200}); break;
    case Fault::short_answer: answer({}, 3); break;
    case Fault::huge: {
        const auto admitted = admit({.bytes = 1});
        answer({.kind = static_cast<std::uint8_t>(Answer::Kind::made), .bytes = std::uint64_t{1} << 60});
        break;
    }
    case Fault::made_twice:
        for (int times = 0; times < 2; ++times)
            answer({.kind = static_cast<std::uint8_t>(Answer::Kind::cost), .bytes = 1});
        break;
    }
    for (std::atomic<unsigned> turns{0};; ++turns) {
    }
}

class FaultyRenderer final : public BoundedRenderer {
public:
    explicit FaultyRenderer(RenderSettings settings)
        : sound_{std::move(settings)} {}

    std::string_view revision() const noexcept override { return sound_.revision(); }
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job, const Admit& admit) const override {
        const auto width = job.rendition.width.value_or(0);
        return width > 2000 && width < 3000 ? commit(Fault{width}, admit) : sound_.render(job, admit);
    }
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition,
                                                    std::stop_token stop, const Admit& admit) const override {
        return sound_.placeholder(kind, rendition, std::move(stop), admit);
    }
    ConvertibleFormats convertible() const noexcept override { return sound_.convertible(); }
    [[nodiscard]] result<RenderedImage> convert(const UploadedImage& upload, std::stop_token stop,
                                                const Admit& admit) const override {
        return sound_.convert(upload, std::move(stop), admit);
    }

private:
    VipsRenderer sound_;
};

} // namespace

int main() {
    return portrait::imaging::process::serve_renderings(
        [](RenderSettings settings) -> std::unique_ptr<const BoundedRenderer> {
            return std::make_unique<FaultyRenderer>(std::move(settings));
        });
}
