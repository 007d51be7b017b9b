#include "folder/folder_job.hpp"

#include "folder/persons_file.hpp"
#include "terminal/console.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <span>

namespace portrait_server {

namespace {

using portrait::sqlite::Damage;
using portrait::sqlite::Progress;
using portrait::sqlite::SqliteImageStore;

portrait::sqlite::ProgressListener progress_to(JobListener& listener) {
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

JobEnd check(const SqliteImageStore& store, JobListener& listener) {
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

JobEnd backup(const SqliteImageStore& store, const std::string& folder, JobListener& listener) {
    const auto report = store.backup(folder, progress_to(listener));
    if (!report)
        return end_of_failed_job(report.error(), "The backup");
    return end_of_copy(*report, fmt::format("backup in {}", folder), listener);
}

/// Adds all persons or, on an error, none.
JobEnd add_persons(const SqliteImageStore& store, std::span<const portrait::sqlite::Person> persons) {
    if (const auto added = store.persons()->add(persons); !added)
        return {exit_code::failure, plain_refusal(added.error())};
    return {};
}

JobEnd import_persons_of(const SqliteImageStore& store, const std::string& path) {
    const auto persons = read_persons(path);
    return persons ? add_persons(store, *persons) : JobEnd{exit_code::refused, persons.error().sentence};
}

JobEnd add_one_person(const SqliteImageStore& store, const std::string& id, const std::string& name) {
    const auto person = make_person(id, name);
    return person ? add_persons(store, {&*person, 1}) : JobEnd{exit_code::refused, person.error().sentence};
}

} // namespace

int exit_code_of(const JobEnd& end) {
    if (end.exit_code == exit_code::success)
        return exit_code::success;
    return end.exit_code == exit_code::refused ? refuse(end.sentence) : fail(end.sentence);
}

JobEnd end_of_copy(const portrait::sqlite::CopyReport& report, std::string_view what, JobListener& listener) {
    say_damages(report, listener);
    listener.say(fmt::format("{}: {} pictures, {} bytes; {} of them, {} bytes, copied now", what,
                             report.pictures, report.bytes, report.copied_pictures, report.copied_bytes));
    if (!report.ok())
        return {exit_code::failure,
                fmt::format("{} picture{} could not be read and {} missing in the copy", report.damage_count,
                            report.damage_count == 1 ? "" : "s", report.damage_count == 1 ? "is" : "are")};
    return {};
}

JobEnd end_of_failed_job(const portrait::Error& error, std::string_view what) {
    if (error == portrait::errc::cancelled)
        return {exit_code::failure, fmt::format("{} was stopped", what)};
    return {exit_code::failure, fmt::format("{} failed: {}", what, plain_refusal(error))};
}

JobEnd do_job(JobPlace place, const FolderJob& job, JobListener& listener) {
    const auto& arguments = job.arguments;
    if (job.name == "check" && arguments.empty())
        return check(place.store, listener);
    if (job.name == "persons-add" && arguments.size() == 2)
        return add_one_person(place.store, arguments[0], arguments[1]);
    if (arguments.size() == 1 && std::filesystem::path{arguments[0]}.is_absolute()) {
        if (job.name == "backup")
            return backup(place.store, arguments[0], listener);
        if (job.name == "export")
            return export_pictures(place.store, arguments[0], listener);
        if (job.name == "import")
            return import_pictures(place, arguments[0], listener);
        if (job.name == "persons-import")
            return import_persons_of(place.store, arguments[0]);
    }
    return {exit_code::refused, "The server that has the data folder open doesn't support this command"};
}

} // namespace portrait_server
