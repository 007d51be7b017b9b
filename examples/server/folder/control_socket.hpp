#pragma once

#include "folder/folder_job.hpp"

#include <portrait/error.hpp>
#include <portrait/http/log.hpp>

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <thread>

namespace portrait_server {

/// The owner's end of the Unix socket in a data folder (0600), through which subcommands have their work done
/// by the server that has the folder open. Serves processes of its own user only, at most four at a time; a
/// client that sends nothing, or takes nothing, for some seconds is cut off, and its job ends with it.
class ControlSocket {
public:
    /// Errors are those of the socket; its message is for the operator. The caller has the folder's lock, so
    /// that a socket that is there is a dead one. What `place` names has to live longer.
    [[nodiscard]] static portrait::result<std::unique_ptr<ControlSocket>>
    listen(const std::filesystem::path& folder, JobPlace place, std::shared_ptr<portrait::http::Log> log);

    /// Ends the jobs that are at work and removes the socket.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

private:
    struct Session {
        int socket = -1;
        std::atomic<bool> ended = false;
        std::thread thread;
    };

    ControlSocket(std::filesystem::path path, int listening, int stop, JobPlace place,
                  std::shared_ptr<portrait::http::Log> log);

    void accept_all();
    void begin(int socket);
    void forget_ended();
    void serve(int socket);

    const std::filesystem::path path_;
    const int listening_;
    const int stop_; ///< an eventfd: readable once this object goes
    const JobPlace place_;
    const std::shared_ptr<portrait::http::Log> log_;
    std::atomic<bool> stopping_ = false;
    std::list<Session> sessions_; ///< the accepting thread's until it has ended
    std::thread thread_;
};

/// Has a job done by the owner of a data folder, and hands on what it says. An error when there is nobody who
/// answers.
[[nodiscard]] portrait::result<JobEnd> ask_owner(const std::filesystem::path& folder, const FolderJob& job,
                                                 JobListener& listener);

} // namespace portrait_server
