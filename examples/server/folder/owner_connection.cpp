#include "folder/owner_connection.hpp"

#include "folder/control_protocol.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace portrait_server {
namespace {

std::optional<portrait::BlobId> blob_of(std::string_view text) {
    const auto id = portrait::BlobId::parse(text);
    return id ? std::optional{*id} : std::nullopt;
}

} // namespace

Outcome<std::unique_ptr<OwnerConnection>> OwnerConnection::connect(const std::filesystem::path& folder,
                                                                   const JobListener& listener) {
    const int opened = open_control_folder(folder);
    if (opened < 0)
        return failed_call("open");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = control_address(opened);
    const bool connected =
        socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    auto refusal = failed_call("connect");
    ::close(opened);
    std::unique_ptr<OwnerConnection> connection{new OwnerConnection{socket, listener}};
    if (!connected)
        return refusal;
    return connection;
}

bool OwnerConnection::send(std::string_view text, int descriptor) {
    return channel_.send(text, Channel::Clock::now() + reply_limit, descriptor);
}

Outcome<std::string> OwnerConnection::next_line() {
    // After a signal the socket is closed, which cancels the job in the owner.
    auto line = channel_.line(max_reply, Channel::no_deadline, [this] { return listener_.cancelled(); });
    if (!line)
        return Refusal{"The server closed the connection before the end of the job"};
    return {boost::system::in_place_value, *std::move(line)};
}

Outcome<JobEnd> OwnerConnection::run(const FolderJob& job, JobListener& listener) {
    const auto request = request_line(job);
    if (!request)
        return request.error();
    // A server that refuses the connection has sent its reason.
    (void)send(*request, job.folder != nullptr ? job.folder->descriptor() : -1);
    for (;;) {
        const auto line = next_line();
        if (!line && listener_.cancelled())
            return JobEnd{exit_code::failure, fmt::format("The {} was stopped", job.name)};
        if (!line)
            return line.error();
        const auto reply = handle_reply(*line, listener);
        if (!reply)
            return reply.error();
        if (*reply)
            return **reply;
    }
}

Outcome<Imported> OwnerConnection::add(const ManifestEntry& entry, const ImportContext& context,
                                       const ReadPicture& read) {
    const auto& [epoch, erasures, at] = context.exported;
    (void)send(fmt::format("picture\t{}\t{}\t{}\t{}\n{}", context.shared ? context.shared->value() : 0,
                           text_field(epoch), erasures, at.time_since_epoch().count(), manifest_line(entry)));
    Imported imported{Imported::Kind::failed, {}, {}};
    SilentListener silent{listener_};
    std::optional<portrait::Error> unreadable;
    for (;;) {
        const auto line = next_line();
        if (!line)
            return listener_.cancelled() ? Refusal{"The import was stopped"} : line.error();
        const auto fields = fields_of(*line);
        if (*line == "send") {
            const auto bytes = read();
            if (!bytes)
                unreadable = bytes.error();
            (void)(bytes ? send("bytes\n") && send(bytes->text()) : send("none\n"));
            continue;
        }
        if (fields[0] == "stored" && fields.size() == 3) {
            imported.kind = fields[1] == "added" ? Imported::Kind::added : Imported::Kind::already_there;
            imported.blob_id = blob_of(fields[2]);
            continue;
        }
        const auto end = handle_reply(*line, silent);
        if (!end)
            return end.error();
        if (!*end)
            continue;
        if (unreadable)
            return Imported{Imported::Kind::refused, {}, plain_refusal(*unreadable)};
        if ((*end)->exit_code != exit_code::success)
            return Imported{(*end)->exit_code == exit_code::failure ? Imported::Kind::refused
                                                                    : Imported::Kind::failed,
                            {},
                            (*end)->sentence};
        return imported;
    }
}

} // namespace portrait_server
