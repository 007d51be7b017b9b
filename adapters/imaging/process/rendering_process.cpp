#include "process/rendering_process.hpp"

#include <portrait/printable.hpp>
#include <portrait/probe.hpp>
#include <portrait/version.hpp>

#include <fmt/format.h>

#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait::imaging::process {
namespace {

/// Beyond the renderer's own time limit.
constexpr std::chrono::milliseconds grace = std::chrono::seconds{1};
/// To load its libraries and to start libvips, on a busy machine.
constexpr std::chrono::milliseconds start_limit = std::chrono::seconds{30};
/// Of a picture's memory that is kept for the next one.
constexpr off_t kept_bytes = off_t{4} << 20;

std::string text_of_errno(const char* call) {
    return fmt::format("{}: {}", call, std::generic_category().message(errno));
}

Error no_process(const char* call) {
    return Error{errc::service_busy}.with_cause(text_of_errno(call));
}

/// Out of the way of the numbers that the process gets.
Descriptor moved_up(int number) {
    const Descriptor given{number};
    return Descriptor{given ? ::fcntl(number, F_DUPFD_CLOEXEC, descriptors_end) : -1};
}

std::array<Descriptor, 2> moved_up(const std::array<int, 2>& numbers) {
    return {moved_up(numbers[0]), moved_up(numbers[1])};
}

Descriptor shared_memory(const char* name) {
    return moved_up(::memfd_create(name, MFD_CLOEXEC));
}

template<class Message>
std::span<const std::byte> bytes_of(const Message& message) {
    return std::as_bytes(std::span{&message, 1});
}

/// As `write_all`; false where the bytes end early.
bool read_all(int descriptor, std::span<std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto read =
            ::pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (read == 0 || (read < 0 && errno != EINTR))
            return false;
        done += read > 0 ? static_cast<std::size_t>(read) : 0;
    }
    return true;
}

/// Gives back the memory of a large picture.
void shrink(int descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) == 0 && found.st_size > kept_bytes) {
        [[maybe_unused]] const auto ignored = ::ftruncate(descriptor, 0);
    }
}

/// The rules that a renderer's error may have.
bool is_renderers_error(const ErrorRule& rule) {
    return rule.kind == failure::bad_input || rule.kind == failure::too_large ||
           rule.kind == failure::not_supported || rule.kind == failure::unavailable;
}

std::optional<Error> error_of(const Answer& answer) {
    const auto rules = error_rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const ErrorRule& one) {
        return static_cast<int>(one.code) == answer.rule;
    });
    if (rule == rules.end() || !is_renderers_error(*rule))
        return std::nullopt;
    auto error =
        answer.text.view().empty() ? Error{rule->code} : Error{rule->code, printable(answer.text.view())};
    if (answer.has_limit != 0)
        error = std::move(error).with_limit(answer.observed, answer.limit);
    if (!answer.cause.view().empty())
        error = std::move(error).with_cause(printable(answer.cause.view()));
    return error;
}

/// The format of what was asked for; nothing if either of two will do.
std::optional<ImageFormat> wanted_format(const Request& request) {
    switch (request.work) {
    case Request::Work::render: return request.rendition.format.value_or(request.header.format);
    case Request::Work::placeholder: return request.rendition.format.value_or(ImageFormat::png);
    case Request::Work::convert: break;
    }
    return std::nullopt;
}

class SpawnActions {
public:
    SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }

    void open_null(int as) {
        failed_ = failed_ || ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0) != 0;
    }
    void pass(const Descriptor& descriptor, int as) {
        failed_ = failed_ || ::posix_spawn_file_actions_adddup2(&actions_, descriptor.number(), as) != 0;
    }
    void close_from(int number) {
        failed_ = failed_ || ::posix_spawn_file_actions_addclosefrom_np(&actions_, number) != 0;
    }
    /// Null if one of them could not be added.
    const posix_spawn_file_actions_t* get() const { return failed_ ? nullptr : &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
    bool failed_ = false;
};

/// In a process group of its own, so that Ctrl-C lets its work be ended in order; with no signal blocked or
/// ignored.
class SpawnAttributes {
public:
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

} // namespace

RenderingProcess::RenderingProcess(const RenderSettings& settings)
    : time_limit_{settings.time_limit}
    , max_decoded_bytes_{settings.max_decoded_bytes} {}

RenderingProcess::~RenderingProcess() {
    end();
}

result<std::unique_ptr<RenderingProcess>> RenderingProcess::start(const std::string& program,
                                                                  const RenderSettings& settings) {
    std::unique_ptr<RenderingProcess> process{new RenderingProcess{settings}};
    if (auto spawned = process->spawn(program); !spawned)
        return spawned.error();
    if (auto ready = process->set_up(settings); !ready)
        return Error{errc::service_busy}.with_cause(ready.error());
    return process;
}

result<void> RenderingProcess::spawn(const std::string& program) {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return no_process("socketpair");
    auto sockets = moved_up(pair);
    if (::pipe2(pair.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return no_process("pipe2");
    auto pipe = moved_up(pair);
    picture_ = shared_memory("picture");
    made_ = shared_memory("rendition");
    if (!sockets[0] || !sockets[1] || !pipe[0] || !pipe[1] || !picture_ || !made_)
        return no_process("memfd_create");
    ::fcntl(pipe[0].number(), F_SETFL, 0); // the process blocks in it; the server never does

    SpawnActions actions;
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        actions.open_null(standard);
    actions.pass(sockets[1], messages_descriptor);
    actions.pass(pipe[0], control_descriptor);
    actions.pass(picture_, picture_descriptor);
    actions.pass(made_, made_descriptor);
    actions.close_from(descriptors_end);
    const SpawnAttributes attributes;
    auto name = program;
    std::array<char*, 2> arguments{name.data(), nullptr};
    std::array<char*, 1> environment{nullptr}; // there may be secrets in it
    errno = actions.get() == nullptr ? ENOMEM
                                     : ::posix_spawn(&id_, program.c_str(), actions.get(), attributes.get(),
                                                     arguments.data(), environment.data());
    if (errno != 0) {
        id_ = -1;
        return no_process("posix_spawn");
    }
    messages_ = std::move(sockets[0]);
    control_ = std::move(pipe[1]);
    return {};
}

result<void> RenderingProcess::set_up(const RenderSettings& settings) {
    Setup setup{.jpeg_quality = settings.jpeg_quality,
                .png_compression = settings.png_compression,
                .gif_effort = settings.gif_effort,
                .max_frames = settings.max_frames,
                .max_scans = settings.max_scans,
                .max_decoded_bytes = settings.max_decoded_bytes,
                .time_limit = settings.time_limit,
                .convertible = settings.convertible};
    setup.version.assign(PORTRAIT_VERSION);
    time_limit_ = start_limit;
    if (!send(bytes_of(setup)))
        return broken();
    const auto ready = receive();
    if (!ready)
        return ready.error();
    time_limit_ = settings.time_limit;
    revision_ = ready->text.view();
    if (ready->kind != static_cast<std::uint8_t>(Answer::Kind::ready))
        return broken(fmt::format("It can't be set up: {}", printable(ready->cause.view())));
    return {};
}

result<RenderingProcess::Made> RenderingProcess::make(Request request, std::span<const std::byte> picture,
                                                      std::stop_token stop,
                                                      const BoundedRenderer::Admit& admit) {
    request.number = ++number_;
    request.picture_bytes = picture.size();
    if (!write_all(picture_.number(), picture))
        return broken(text_of_errno("pwrite"));
    if (!send(bytes_of(request)))
        return broken();
    const std::stop_callback stopping{std::move(stop), [this, number = request.number] {
                                          [[maybe_unused]] const auto ignored =
                                              ::write(control_.number(), &number, sizeof number);
                                      }};
    auto outcome = answer(request, admit);
    if (!ended_) {
        shrink(picture_.number());
        shrink(made_.number());
    }
    return outcome;
}

result<RenderingProcess::Made> RenderingProcess::answer(const Request& request,
                                                        const BoundedRenderer::Admit& admit) {
    std::optional<std::uint64_t> cost;
    std::optional<Error> refusal;
    for (;;) {
        const auto answer = receive();
        if (!answer)
            return answer.error();
        if (answer->kind == static_cast<std::uint8_t>(Answer::Kind::cost) && !cost) {
            cost = answer->bytes;
            if (auto admitted = admit({.bytes = *cost}); !admitted)
                refusal = admitted.error();
            if (!send(bytes_of(Verdict{.admitted = !refusal})))
                return broken();
            continue;
        }
        if (answer->kind == static_cast<std::uint8_t>(Answer::Kind::made) && cost && !refusal)
            return made(*answer, request, *cost);
        auto error = error_of(*answer);
        if (answer->kind != static_cast<std::uint8_t>(Answer::Kind::failed) || !error)
            return broken("It sent an answer that doesn't fit");
        return refusal ? *std::move(refusal) : *std::move(error);
    }
}

result<RenderingProcess::Made> RenderingProcess::made(const Answer& answer, const Request& request,
                                                      std::uint64_t admitted) {
    // So that the memory for it follows from what was admitted.
    if (answer.bytes > most_made_bytes(admitted, max_decoded_bytes_))
        return broken("Its rendition is larger than its pixels may be");
    std::vector<std::byte> bytes(answer.bytes);
    if (!read_all(made_.number(), bytes))
        return broken("Its rendition is incomplete");
    const auto header = probe(bytes);
    const auto wanted = wanted_format(request);
    const bool fits =
        header && (wanted ? header->format == *wanted
                          : header->format == ImageFormat::jpeg || header->format == ImageFormat::png);
    if (!fits)
        return broken("Its rendition isn't of the format that was asked for");
    return Made{.image = {.bytes = ImageBytes{std::move(bytes)},
                          .format = header->format,
                          .width = header->width,
                          .height = header->height},
                .unusable_profile = printable(answer.cause.view())};
}

result<Answer> RenderingProcess::receive() {
    const auto deadline = std::chrono::steady_clock::now() + time_limit_ + grace;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd polled{.fd = messages_.number(), .events = POLLIN, .revents = 0};
        const auto ready = left.count() > 0 ? ::poll(&polled, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return fail(errc::rendition_timed_out, "It took too long");
        Answer answer;
        const auto size = ::recv(messages_.number(), &answer, sizeof answer, MSG_DONTWAIT);
        if (size < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (size <= 0)
            return broken();
        if (size != static_cast<ssize_t>(sizeof answer))
            return broken("It sent an answer of another size");
        return answer;
    }
}

bool RenderingProcess::is_waiting() const noexcept {
    pollfd polled{.fd = messages_.number(), .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 0) == 0;
}

bool RenderingProcess::send(std::span<const std::byte> message) {
    return ::send(messages_.number(), message.data(), message.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(message.size());
}

Error RenderingProcess::broken(std::string reason) {
    return fail(errc::image_corrupt, std::move(reason));
}

Error RenderingProcess::fail(errc code, std::string reason) {
    end();
    if (reason.empty())
        reason = WIFSIGNALED(status_) ? fmt::format("Signal {} ended it", WTERMSIG(status_))
                                      : fmt::format("It ended with status {}", WEXITSTATUS(status_));
    ended_ = std::move(reason);
    auto error =
        code == errc::image_corrupt ? Error{code, "The picture's pixels can't be decoded"} : Error{code};
    return std::move(error).with_cause(fmt::format("The rendering process failed: {}", *ended_));
}

void RenderingProcess::end() noexcept {
    if (id_ < 0)
        return;
    ::kill(id_, SIGKILL); // of a process that has ended by itself, the status stays what it is
    while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
}

} // namespace portrait::imaging::process
