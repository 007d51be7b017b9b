#include "folder/folder_job.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace portrait_server {
namespace {

using portrait::Damage;
using portrait::Progress;
using portrait::sqlite::OpenFolder;

portrait::ProgressListener progress_to(JobListener& listener) {
    return [&listener](const Progress& progress) {
        return listener.progress(progress.step, progress.done, progress.total);
    };
}

/// `blob 12 of person 7: …`
std::string line_of(const Damage& damage) {
    std::string line;
    if (damage.blob_id)
        line = fmt::format("blob {}", damage.blob_id->value());
    for (std::size_t index = 0; index < damage.persons.size(); ++index)
        line += fmt::format("{} {}", index == 0 ? " of person" : ",", damage.persons[index].value());
    return line.empty() ? damage.what : line + ": " + damage.what;
}

template<class Report>
void say_damages(const Report& report, JobListener& listener) {
    for (const auto& damage : report.damages)
        listener.say(line_of(damage));
    if (report.damage_count > report.damages.size())
        listener.say(fmt::format("and {} more", report.damage_count - report.damages.size()));
}

JobEnd check(const Store& store, JobListener& listener) {
    const auto report = store.check(progress_to(listener));
    if (!report)
        return end_of_failed_job(report.error(), "The check");
    say_damages(*report, listener);
    if (report->unreferenced_bytes != 0)
        listener.say(
            fmt::format("{} bytes of the segment files belong to no picture", report->unreferenced_bytes));
    listener.say(fmt::format("{} pictures, {} bytes read and compared with their digests", report->pictures,
                             report->bytes));
    if (!report->ok())
        return {exit_code::failure,
                fmt::format("The check found {} fault{}",
                            report->damage_count + (report->unreferenced_bytes != 0 ? 1 : 0),
                            report->damage_count == 1 ? "" : "s")};
    listener.say("no faults found");
    return {};
}

JobEnd backup(JobPlace place, const OpenFolder& folder, JobListener& listener) {
    const auto report = place.store.backup(folder, progress_to(listener));
    if (!report)
        return end_of_failed_job(report.error(), "The backup");
    return end_of_copy(*report, fmt::format("backup in {}", folder.name().string()), listener);
}

using Fields = std::vector<std::string>;

constexpr std::size_t max_name_bytes = 1000;
constexpr std::size_t max_file_bytes = std::size_t{256} << 20;

Refusal bad_line(std::size_t line, std::string_view fault) {
    return {fmt::format("line {}: {}", line, fault)};
}

/// Reads records from a CSV text, one after another.
class RecordReader {
public:
    explicit RecordReader(std::string_view text)
        : text_{text} {}

    bool at_end() const { return at_ == text_.size(); }
    /// The line on which the next record begins.
    std::size_t line() const { return line_; }

    [[nodiscard]] Outcome<Fields> next() {
        Fields fields(1);
        std::size_t quote_line = 0; // of the open quote; 0: none is open
        bool closed = false;        // the field's closing quote was read
        while (at_ < text_.size()) {
            const char character = text_[at_++];
            const char following = at_ < text_.size() ? text_[at_] : '\0';
            auto& field = fields.back();
            if (quote_line != 0) {
                line_ += character == '\n' ? 1 : 0;
                closed = character == '"' && following != '"';
                if (closed)
                    quote_line = 0;
                else
                    field += character;
                at_ += character == '"' && !closed ? 1 : 0; // a doubled quote stands for one
            } else if (character == '\n') {
                ++line_;
                return fields;
            } else if (character == '\r' && following == '\n') {
                continue;
            } else if (character == ',') {
                fields.emplace_back();
                closed = false;
            } else if (closed) {
                return bad_line(line_, "text follows a closing quote");
            } else if (character == '"' && !field.empty()) {
                return bad_line(line_, "a quote stands inside a field that doesn't begin with one");
            } else if (character == '"') {
                quote_line = line_;
            } else {
                field += character;
            }
        }
        if (quote_line != 0)
            return bad_line(quote_line, "a quote is never closed");
        return fields;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

bool is_blank(const Fields& fields) {
    return fields.size() == 1 && fields.front().find_first_not_of(" \t") == std::string::npos;
}

bool is_header(const Fields& fields) {
    return fields.size() == 2 && !fields.front().empty() &&
           fields.front().find_first_of("0123456789") == std::string::npos;
}

[[nodiscard]] Outcome<portrait::KnownPerson> parse_person(std::string_view id, std::string_view name) {
    const auto person_id = portrait::PersonId::parse(id);
    if (!person_id)
        return Refusal{
            fmt::format("The person id must be a decimal number from 1 to 2147483647; got '{}'", id)};
    return make_person(*person_id, name);
}

[[nodiscard]] Outcome<std::vector<portrait::KnownPerson>> parse_persons(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::vector<portrait::KnownPerson> persons;
    std::unordered_map<portrait::PersonId, std::size_t> lines;
    RecordReader reader{text};
    for (bool first = true; !reader.at_end(); first = false) {
        const auto line = reader.line();
        const auto fields = reader.next();
        if (!fields)
            return fields.error();
        if (is_blank(*fields) || (first && is_header(*fields)))
            continue;
        if (fields->size() != 2)
            return bad_line(line, fmt::format("expected the 2 fields id,name; got {} (names with commas need "
                                              "quotes)",
                                              fields->size()));
        auto person = parse_person((*fields)[0], (*fields)[1]);
        if (!person)
            return bad_line(line, person.error().sentence);
        const auto [earlier, is_new] = lines.emplace(person->id, line);
        if (!is_new)
            return bad_line(
                line, fmt::format("person {} is on line {} already", person->id.value(), earlier->second));
        persons.push_back(*std::move(person));
    }
    return persons;
}

/// Adds the persons of `id`, `name`, `id`, `name`, … or, on an error, none.
[[nodiscard]] Outcome<JobWork> addition_of_persons(const std::vector<std::string>& arguments) {
    std::vector<portrait::KnownPerson> persons;
    for (std::size_t index = 0; index + 1 < arguments.size(); index += 2) {
        auto person = parse_person(arguments[index], arguments[index + 1]);
        if (!person)
            return person.error();
        persons.push_back(*std::move(person));
    }
    return [persons = std::move(persons)](JobPlace place, JobListener& listener) {
        if (const auto added = place.store.persons()->add(persons); !added)
            return JobEnd{exit_code::failure, plain_refusal(added.error())};
        listener.say(persons.size() == 1 ? fmt::format("person {} added", persons.front().id.value())
                                         : fmt::format("{} persons added", persons.size()));
        return JobEnd{};
    };
}

} // namespace

[[nodiscard]] Outcome<portrait::KnownPerson> make_person(portrait::PersonId id, std::string_view name) {
    if (name.size() > max_name_bytes)
        return Refusal{
            fmt::format("The name must have at most {} bytes; got {}", max_name_bytes, name.size())};
    if (!portrait::is_printable(name))
        return Refusal{"The name must be UTF-8 without control characters"};
    return portrait::KnownPerson{.id = id, .full_name = std::string{name}};
}

[[nodiscard]] Outcome<std::vector<portrait::KnownPerson>> read_persons(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::string text;
    std::vector<char> buffer(std::size_t{64} * 1024);
    while (file && text.size() <= max_file_bytes) {
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (text.size() > max_file_bytes)
        return Refusal{fmt::format("{} has more than {} MiB", path.string(), max_file_bytes >> 20)};
    if (!file.is_open() || file.bad())
        return Refusal{
            fmt::format("{} can't be read: {}", path.string(), std::generic_category().message(errno))};
    auto persons = parse_persons(text);
    if (!persons)
        return Refusal{fmt::format("{}, {}", path.string(), persons.error().sentence)};
    return persons;
}

JobEnd end_of_copy(const portrait::sqlite::CopyReport& report, std::string_view subject,
                   JobListener& listener) {
    say_damages(report, listener);
    listener.say(fmt::format("{}: {} pictures, {} bytes; {} of them, {} bytes, copied now", subject,
                             report.pictures, report.bytes, report.copied_pictures, report.copied_bytes));
    if (!report.ok())
        return {exit_code::failure,
                fmt::format("{} picture{} could not be read and {} missing in the copy", report.damage_count,
                            report.damage_count == 1 ? "" : "s", report.damage_count == 1 ? "is" : "are")};
    return {};
}

JobEnd end_of_failed_job(const portrait::Error& error, std::string_view subject) {
    if (error == portrait::errc::cancelled)
        return {exit_code::failure, fmt::format("{} was stopped", subject)};
    return {exit_code::failure, fmt::format("{} failed: {}", subject, plain_refusal(error))};
}

bool writes_folder(std::string_view job_name) {
    return job_name == "backup" || job_name == "export";
}

[[nodiscard]] Outcome<JobWork> work_of(const FolderJob& job) {
    const auto& arguments = job.arguments;
    if (job.name == "check" && arguments.empty())
        return [](JobPlace place, JobListener& listener) { return check(place.store, listener); };
    if (job.name == "persons-add" && !arguments.empty() && arguments.size() % 2 == 0)
        return addition_of_persons(arguments);
    for (const auto* const name : {"persons-erase", "persons-erase-with-name", "persons-verify-erased"})
        if (job.name == name && arguments.size() == 1)
            return erasure_work(job);
    if (arguments.size() == 1 && std::filesystem::path{arguments[0]}.is_absolute()) {
        if (writes_folder(job.name) && job.folder != nullptr)
            return [run = job.name == "backup" ? backup : export_pictures, folder = job.folder](
                       JobPlace place, JobListener& listener) { return run(place, *folder, listener); };
    }
    return Refusal{"The server that has the data folder open doesn't support this command"};
}

} // namespace portrait_server
