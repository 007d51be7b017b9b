#pragma once

#include "folder/channel.hpp"
#include "folder/folder_job.hpp"

#include <portrait/http/log.hpp>

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

namespace portrait_server {

/// The server's end of the Unix socket in a data folder (0600). Subcommands send their jobs through it to the
/// server that has the folder open. Accepts processes of its own user only, at most four at a time. A client
/// that doesn't send its command or read a line of the output within some seconds is disconnected, which
/// cancels its job; lines of progress that a client doesn't read are dropped.
class ControlSocket {
public:
    /// The caller holds the folder's lock, so an existing socket is stale and replaced. The stores of `place`
    /// must outlive the socket.
    [[nodiscard]] static Outcome<std::unique_ptr<ControlSocket>>
    listen(const std::filesystem::path& folder, JobPlace place, std::shared_ptr<portrait::http::Log> log);

    /// Waits for the end of the jobs, which `stop` cancels, and removes the socket.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// Closes all connections and cancels the running jobs, and waits for nothing.
    void stop();

private:
    struct Session {
        explicit Session(int socket)
            : channel{socket} {}
        ~Session();

        Channel channel;
        std::atomic<bool> ended = false;
        std::thread thread;
    };

    ControlSocket(std::filesystem::path path, int listening, JobPlace place,
                  std::shared_ptr<portrait::http::Log> log);

    void accept_all();
    void begin(int socket);
    void serve(Channel& channel);
    JobEnd run(Channel& channel, std::string_view line);
    /// Absent when the client went away.
    std::optional<JobEnd> add_picture(Channel& channel, std::string_view line);

    const std::filesystem::path path_;
    const int listening_;
    const JobPlace place_;
    const std::shared_ptr<portrait::http::Log> log_;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_; ///< for the next one
    std::list<Session> sessions_;
    std::thread thread_;
};

} // namespace portrait_server
