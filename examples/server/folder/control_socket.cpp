#include "folder/control_socket.hpp"

#include "folder/control_protocol.hpp"
#include "folder/import_job.hpp"
#include "folder/manifest.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

using portrait::http::Severity;

constexpr std::size_t max_sessions = 4;
constexpr std::chrono::milliseconds progress_interval{100};

/// Sets the mode before `listen`, so that nobody else can connect.
bool bind_and_listen(int socket, int folder) {
    const auto address = control_address(folder);
    (void)::unlinkat(folder, control_socket_name, 0);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::fchmodat(folder, control_socket_name, 0600, 0) == 0 &&
           ::listen(socket, static_cast<int>(max_sessions)) == 0;
}

bool peer_is_own_user(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

Channel::Deadline in(std::chrono::seconds limit) {
    return Channel::Clock::now() + limit;
}

/// The context in the command `picture`; absent when the command is invalid.
std::optional<ImportContext> parse_import_context(std::string_view line) {
    const auto fields = fields_of(line);
    ImportContext context;
    std::int64_t at = 0;
    if (fields.size() != 5 || !read_number(fields[3], context.exported.erasures) ||
        !read_number(fields[4], at))
        return std::nullopt;
    if (const auto shared = portrait::BlobId::parse(fields[1]))
        context.shared = *shared;
    else if (fields[1] != "0")
        return std::nullopt;
    context.exported.epoch = fields[2];
    context.exported.at = portrait::Timestamp{std::chrono::milliseconds{at}};
    return context;
}

/// Sends the output of a job to its client.
class SocketListener final : public JobListener {
public:
    SocketListener(Channel& channel, const std::atomic<bool>& stopping)
        : channel_{channel}
        , stopping_{stopping} {}

    void say(std::string_view line) override {
        alive_ = alive_ && channel_.send(say_line(line), in(reply_limit));
    }

    /// Never waits: jobs report progress while they hold a transaction or a pin. A client that doesn't read
    /// misses lines.
    bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) override {
        const auto now = Channel::Clock::now();
        if (alive_ && now >= next_) {
            next_ = now + progress_interval;
            const auto peer = channel_.peer();
            alive_ = peer.connected;
            if (alive_ && peer.ready)
                alive_ = channel_.send(progress_line(step, done, total), now);
        }
        return !cancelled();
    }

    bool cancelled() const override { return !alive_ || stopping_; }

private:
    Channel& channel_;
    const std::atomic<bool>& stopping_;
    bool alive_ = true;
    Channel::Deadline next_{};
};

} // namespace

Outcome<std::unique_ptr<ControlSocket>> ControlSocket::listen(const std::filesystem::path& folder,
                                                              JobPlace place,
                                                              std::shared_ptr<portrait::http::Log> log) {
    const int opened = open_control_folder(folder);
    if (opened < 0)
        return failed_call("open");
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool listens = listening >= 0 && bind_and_listen(listening, opened);
    auto refusal = failed_call("listen");
    ::close(opened);
    if (!listens) {
        ::close(listening);
        return refusal;
    }
    const auto path = std::filesystem::absolute(folder) / control_socket_name;
    return std::unique_ptr<ControlSocket>{new ControlSocket{path, listening, place, std::move(log)}};
}

ControlSocket::ControlSocket(std::filesystem::path path, int listening, JobPlace place,
                             std::shared_ptr<portrait::http::Log> log)
    : path_{std::move(path)}
    , listening_{listening}
    , place_{place}
    , log_{std::move(log)}
    , thread_{[this] { accept_all(); }} {}

ControlSocket::Session::~Session() {
    channel.shut_down();
    if (thread.joinable())
        thread.join();
}

ControlSocket::~ControlSocket() {
    stop();
    thread_.join();
    (void)::unlink(path_.c_str());
    sessions_.clear();
    ::close(listening_);
}

void ControlSocket::stop() {
    stopping_ = true;
    (void)::shutdown(listening_, SHUT_RDWR); // ends `accept4`
    const std::lock_guard lock{mutex_};
    for (auto& session : sessions_)
        session.channel.shut_down();
}

void ControlSocket::accept_all() {
    while (!stopping_) {
        const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0)
            try {
                begin(socket);
                // NOLINTNEXTLINE(bugprone-empty-catch): no memory to tell the client why its connection ends
            } catch (const std::bad_alloc&) {
            }
        else if (errno != EINTR && !stopping_)
            std::this_thread::sleep_for(progress_interval); // out of descriptors or memory: retry later
    }
}

void ControlSocket::begin(int socket) {
    const bool own_user = peer_is_own_user(socket);
    std::list<Session> added;
    try {
        added.emplace_back(socket);
    } catch (const std::bad_alloc&) {
        ::close(socket);
        return;
    }
    auto& session = added.front();
    const std::lock_guard lock{mutex_};
    sessions_.remove_if([](const Session& earlier) { return earlier.ended.load(); });
    if (!own_user || sessions_.size() >= max_sessions || stopping_) {
        const char* const reason = own_user ? "The server is busy with other commands; try again later"
                                            : "The server accepts commands of its own user only";
        (void)session.channel.send(end_line({exit_code::refused, reason}), in(reply_limit));
        return;
    }
    sessions_.splice(sessions_.end(), added);
    try {
        session.thread = std::thread{[this, &session] {
            try {
                serve(session.channel);
                // NOLINTNEXTLINE(bugprone-empty-catch): as in `accept_all`
            } catch (const std::bad_alloc&) {
            }
            session.channel.shut_down();
            session.ended = true;
        }};
    } catch (const std::exception&) { // no thread or memory is left
        sessions_.pop_back();
    }
}

void ControlSocket::serve(Channel& channel) {
    auto limit = request_limit;
    std::uint64_t pictures = 0;
    while (const auto line = channel.line(max_request, in(limit))) {
        const bool is_picture = line->starts_with("picture\t");
        if (is_picture && ++pictures == 1)
            log_->event(Severity::info, "import begins, by the control socket", {});
        const auto end = is_picture ? add_picture(channel, *line) : run(channel, *line);
        if (!end || !channel.send(end_line(*end), in(reply_limit)) || end->exit_code == exit_code::refused)
            break;
        limit = idle_limit;
    }
    if (pictures != 0)
        log_->event(Severity::info, fmt::format("import ended: {} pictures were sent", pictures), {});
}

JobEnd ControlSocket::run(Channel& channel, std::string_view line) {
    const auto job = parse_request(line, channel.take_descriptor());
    const auto work = job ? work_of(*job) : Outcome<JobWork>{job.error()};
    if (!work) {
        log_->event(Severity::warning,
                    fmt::format("A command of the control socket was refused: {}", work.error().sentence),
                    {});
        return {exit_code::refused, work.error().sentence};
    }
    log_->event(Severity::info, fmt::format("{} begins, by the control socket", job->name), {});
    SocketListener listener{channel, stopping_};
    auto end = (*work)(place_, listener);
    log_->event(end.exit_code == 0 ? Severity::info : Severity::warning,
                fmt::format("{} ended{}{}", job->name, end.sentence.empty() ? "" : ": ", end.sentence), {});
    return end;
}

std::optional<JobEnd> ControlSocket::add_picture(Channel& channel, std::string_view line) {
    const auto manifest = channel.line(max_manifest_line, in(reply_limit));
    if (!manifest)
        return std::nullopt;
    const auto context = parse_import_context(line);
    const auto entry = parse_manifest_line(*manifest);
    if (!context || !entry)
        return JobEnd{exit_code::failure, entry ? "The command is invalid" : entry.error().sentence};
    bool lost = false;
    const auto read = [&]() -> portrait::result<portrait::ImageBytes> {
        if (channel.send("send\n", in(reply_limit))) {
            const auto answer = channel.line(max_request, in(reply_limit));
            if (answer == "none")
                return portrait::Error{portrait::errc::cancelled};
            // The size is below the service's limit.
            std::vector<std::byte> bytes(answer == "bytes" ? entry->info.size : 0);
            if (answer == "bytes" && channel.receive_all(bytes, in(reply_limit)))
                return portrait::ImageBytes{std::move(bytes)};
        }
        lost = true;
        return portrait::Error{portrait::errc::cancelled};
    };
    LocalImport target{place_};
    const auto imported = target.add(*entry, *context, read);
    if (lost || !imported)
        return std::nullopt;
    if (imported->kind == Imported::Kind::refused)
        return JobEnd{exit_code::failure, imported->fault};
    if (imported->kind == Imported::Kind::failed)
        return JobEnd{exit_code::refused, imported->fault};
    if (!channel.send(fmt::format("stored\t{}\t{}\n",
                                  imported->kind == Imported::Kind::added ? "added" : "there",
                                  imported->blob_id->value()),
                      in(reply_limit)))
        return std::nullopt;
    return JobEnd{};
}

} // namespace portrait_server
