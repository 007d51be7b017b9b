#include "folder/control_socket.hpp"

#include <portrait/printable.hpp>

#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

using portrait::http::Severity;
using portrait::sqlite::OpenFolder;

// The protocol: lines of fields separated by tabs. The client sends one line, the name of a job and its
// arguments, and with it the descriptor of the folder that the job writes into. The server answers with any
// number of `progress` and `say` lines and one `end`.

constexpr const char* control_socket_name = "control.sock";
constexpr std::size_t max_request = 8192;      // bytes of a line, its end included
constexpr std::size_t max_reply = 64UL * 1024; // bytes of a line, its end included
constexpr std::size_t max_text = max_reply - 64;
constexpr std::size_t max_sessions = 4;
constexpr std::chrono::seconds request_limit{5}; // for a client to send its line
constexpr std::chrono::seconds reply_limit{20};  // for a client to read a line
constexpr std::chrono::milliseconds progress_interval{100};

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char character) { return character < 0x20 || character == 0x7f; });
}

std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields;
    return boost::split(fields, line, [](char character) { return character == '\t'; });
}

/// A text without control characters and of bounded length.
std::string text_field(std::string_view text) {
    auto field = portrait::printable(text);
    if (field.size() > max_text)
        field.resize(max_text);
    return field;
}

template<class Integer>
bool read_number(std::string_view text, Integer& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

/// The line of a job, with its end. Refused when a field has control characters or the line is too long.
[[nodiscard]] Outcome<std::string> request_line(const FolderJob& job) {
    std::string line = job.name;
    for (const auto& argument : job.arguments) {
        if (has_control_characters(argument))
            return Refusal{"A path or name with control characters can't be sent"};
        line += '\t' + argument;
    }
    if (line.size() >= max_request)
        return Refusal{
            fmt::format("The command must be shorter than {} bytes; it has {}", max_request, line.size())};
    return {boost::system::in_place_value, line + '\n'};
}

/// The job of a line without its end and of the descriptor that came with it; refused when the line has
/// control characters or no name.
[[nodiscard]] Outcome<FolderJob> parse_request(std::string_view line, int descriptor) {
    auto fields = fields_of(line);
    std::optional<portrait::result<OpenFolder>> folder;
    if (descriptor >= 0)
        folder.emplace(OpenFolder::adopt(descriptor, fields.back()));
    if (fields.front().empty() || std::any_of(fields.begin(), fields.end(), has_control_characters))
        return Refusal{"The command is invalid"};
    if (folder && !*folder)
        return Refusal{plain_refusal(folder->error())};
    FolderJob job{std::move(fields.front()), {}};
    job.arguments.assign(std::next(fields.begin()), fields.end());
    if (folder)
        job.folder = std::make_shared<const OpenFolder>(**std::move(folder));
    return job;
}

/// Passes a line without its end to the listener. Returns the job's end when it is the last line; refuses a
/// line that is not of this protocol.
[[nodiscard]] Outcome<std::optional<JobEnd>> handle_reply(std::string_view line, JobListener& listener) {
    const auto fields = fields_of(line);
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    if (fields[0] == "progress" && fields.size() == 4 && read_number(fields[2], done) &&
        read_number(fields[3], total)) {
        (void)listener.progress(fields[1], done, total);
        return std::nullopt;
    }
    if (fields[0] == "say" && fields.size() == 2) {
        listener.say(fields[1]);
        return std::nullopt;
    }
    int code = 0;
    if (fields[0] == "end" && fields.size() == 3 && read_number(fields[1], code) && code >= 0 && code <= 255)
        return std::optional{JobEnd{code, fields[2]}};
    return Refusal{"The server sent an invalid reply"};
}

Refusal failed(const char* call) {
    return {fmt::format("{}: {}", call, std::generic_category().message(errno))};
}

/// The socket's address through the descriptor of its folder: the path may be longer than an address can be.
sockaddr_un address_of(int folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/{}", folder, control_socket_name);
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

int open_folder(const std::filesystem::path& folder) {
    return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/// Sets the mode before `listen`, so that nobody else can connect.
bool bind_and_listen(int socket, int folder) {
    const auto address = address_of(folder);
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

void send_end(Channel& channel, const JobEnd& end) {
    (void)channel.send(fmt::format("end\t{}\t{}\n", end.exit_code, text_field(end.sentence)),
                       Channel::Clock::now() + reply_limit);
}

/// Sends the output of a job to its client.
class SocketListener final : public JobListener {
public:
    SocketListener(Channel& channel, const std::atomic<bool>& stopping)
        : channel_{channel}
        , stopping_{stopping} {}

    void say(std::string_view line) override {
        alive_ = alive_ && channel_.send(fmt::format("say\t{}\n", text_field(line)),
                                         Channel::Clock::now() + reply_limit);
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
                alive_ =
                    channel_.send(fmt::format("progress\t{}\t{}\t{}\n", text_field(step), done, total), now);
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
    const int opened = open_folder(folder);
    if (opened < 0)
        return failed("open");
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool listens = listening >= 0 && bind_and_listen(listening, opened);
    auto refusal = failed("listen");
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
            begin(socket);
        else if (errno != EINTR && !stopping_)
            std::this_thread::sleep_for(progress_interval); // out of descriptors or memory: retry later
    }
}

void ControlSocket::begin(int socket) {
    const bool own_user = peer_is_own_user(socket);
    const std::lock_guard lock{mutex_};
    sessions_.remove_if([](const Session& session) { return session.ended.load(); });
    if (!own_user || sessions_.size() >= max_sessions || stopping_) {
        Channel refused{socket};
        return send_end(
            refused, {exit_code::refused, own_user ? "The server is busy with other commands; try again later"
                                                   : "The server accepts commands of its own user only"});
    }
    auto& session = sessions_.emplace_back(socket);
    try {
        session.thread = std::thread{[this, &session] {
            serve(session.channel);
            session.channel.shut_down();
            session.ended = true;
        }};
    } catch (const std::system_error&) { // no thread is left
        sessions_.pop_back();
    }
}

void ControlSocket::serve(Channel& channel) {
    const auto line = channel.line(max_request, Channel::Clock::now() + request_limit);
    if (!line)
        return;
    const auto job = parse_request(*line, channel.take_descriptor());
    const auto work = job ? work_of(*job) : Outcome<JobWork>{job.error()};
    if (!work) {
        log_->event(Severity::warning,
                    fmt::format("A command of the control socket was refused: {}", work.error().sentence),
                    {});
        return send_end(channel, {exit_code::refused, work.error().sentence});
    }
    log_->event(Severity::info, fmt::format("{} begins, by the control socket", job->name), {});
    SocketListener listener{channel, stopping_};
    const auto end = (*work)(place_, listener);
    log_->event(end.exit_code == 0 ? Severity::info : Severity::warning,
                fmt::format("{} ended{}{}", job->name, end.sentence.empty() ? "" : ": ", end.sentence), {});
    send_end(channel, end);
}

[[nodiscard]] Outcome<JobEnd> run_in_owner(const std::filesystem::path& folder, const FolderJob& job,
                                           JobListener& listener) {
    const auto request = request_line(job);
    if (!request)
        return request.error();
    const int opened = open_folder(folder);
    if (opened < 0)
        return failed("open");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = address_of(opened);
    const bool connected =
        socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const auto refusal = failed("connect");
    ::close(opened);
    Channel channel{socket};
    if (!connected || !channel.send(*request, Channel::Clock::now() + reply_limit,
                                    job.folder != nullptr ? job.folder->descriptor() : -1))
        return refusal;
    // After a signal the socket is closed, which cancels the job in the owner.
    const auto interrupted = [&] { return listener.cancelled(); };
    while (const auto line = channel.line(max_reply, Channel::no_deadline, interrupted)) {
        const auto reply = handle_reply(*line, listener);
        if (!reply)
            return reply.error();
        if (*reply)
            return **reply;
    }
    if (interrupted())
        return JobEnd{exit_code::failure, fmt::format("The {} was stopped", job.name)};
    return Refusal{"The server closed the connection before the end of the job"};
}

} // namespace portrait_server
