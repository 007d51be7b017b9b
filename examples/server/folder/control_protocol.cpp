#include "folder/control_protocol.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace portrait_server {

namespace {

constexpr std::size_t longest_text = longest_reply - 64;

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char character) { return character < 0x20 || character == 0x7f; });
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const auto tab = line.find('\t');
        fields.push_back(line.substr(0, tab));
        if (tab == line.npos)
            return fields;
        line.remove_prefix(tab + 1);
    }
}

/// Fits into a line, whatever it was.
std::string text_field(std::string_view text) {
    auto field = portrait::printable(text);
    if (field.size() > longest_text)
        field.resize(longest_text);
    return field;
}

template<class Integer>
bool read_number(std::string_view text, Integer& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

} // namespace

[[nodiscard]] portrait::result<std::string> request_line(const FolderJob& job) {
    std::string line = job.name;
    bool sendable = !has_control_characters(job.name);
    for (const auto& argument : job.arguments) {
        sendable = sendable && !has_control_characters(argument);
        line += '\t' + argument;
    }
    if (!sendable)
        return portrait::Error{portrait::errc::internal,
                               "a path or name with control characters can't be sent"};
    if (line.size() >= longest_request)
        return portrait::Error{portrait::errc::internal, "the command is too long"};
    return line + '\n';
}

std::optional<FolderJob> parse_request(std::string_view line) {
    FolderJob job;
    for (const auto field : fields_of(line)) {
        if (has_control_characters(field))
            return std::nullopt;
        if (job.name.empty() && job.arguments.empty())
            job.name = field;
        else
            job.arguments.emplace_back(field);
        if (job.name.empty())
            return std::nullopt;
    }
    return job;
}

std::string progress_line(std::string_view step, std::uint64_t done, std::uint64_t total) {
    return fmt::format("progress\t{}\t{}\t{}\n", text_field(step), done, total);
}

std::string say_line(std::string_view text) {
    return fmt::format("say\t{}\n", text_field(text));
}

std::string end_line(const JobEnd& end) {
    return fmt::format("end\t{}\t{}\n", end.exit_code, text_field(end.sentence));
}

[[nodiscard]] portrait::result<std::optional<JobEnd>> take_reply(std::string_view line,
                                                                 JobListener& listener) {
    const auto fields = fields_of(line);
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    if (fields[0] == "progress" && fields.size() == 4 && read_number(fields[2], done) &&
        read_number(fields[3], total)) {
        if (!listener.progress(fields[1], done, total))
            return portrait::Error{portrait::errc::cancelled};
        return std::optional<JobEnd>{};
    }
    if (fields[0] == "say" && fields.size() == 2) {
        listener.say(fields[1]);
        return std::optional<JobEnd>{};
    }
    int code = 0;
    if (fields[0] == "end" && fields.size() == 3 && read_number(fields[1], code) && code >= 0 && code <= 255)
        return std::optional{JobEnd{code, std::string{fields[2]}}};
    return portrait::Error{portrait::errc::internal, "it sent something else than an answer"};
}

} // namespace portrait_server
