#include "folder/control_protocol.hpp"

#include <portrait/printable.hpp>

#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

namespace portrait_server {
namespace {

using portrait::sqlite::OpenFolder;

constexpr std::size_t max_text = max_reply - 64;

} // namespace

sockaddr_un control_address(int folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/{}", folder, control_socket_name);
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

int open_control_folder(const std::filesystem::path& folder) {
    return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields;
    return boost::split(fields, line, [](char character) { return character == '\t'; });
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char character) { return character < 0x20 || character == 0x7f; });
}

std::string text_field(std::string_view text) {
    auto field = portrait::printable(text);
    if (field.size() > max_text)
        field.resize(max_text);
    return field;
}

Outcome<std::string> request_line(const FolderJob& job) {
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

Outcome<FolderJob> parse_request(std::string_view line, int descriptor) {
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

std::string end_line(const JobEnd& end) {
    return fmt::format("end\t{}\t{}\n", end.exit_code, text_field(end.sentence));
}

std::string progress_line(std::string_view step, std::uint64_t done, std::uint64_t total) {
    return fmt::format("progress\t{}\t{}\t{}\n", text_field(step), done, total);
}

std::string say_line(std::string_view line) {
    return fmt::format("say\t{}\n", text_field(line));
}

Outcome<std::optional<JobEnd>> handle_reply(std::string_view line, JobListener& listener) {
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

Refusal failed_call(const char* call) {
    return {fmt::format("{}: {}", call, std::generic_category().message(errno))};
}

} // namespace portrait_server
