#include "folder/folder_job.hpp"

#include "folder/export_job.hpp"
#include "folder/import_job.hpp"
#include "folder/persons_job.hpp"
#include "terminal/console.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <fmt/format.h>

#include <filesystem>

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

JobEnd ended_by(const portrait::Error& error, std::string_view what) {
    if (error == portrait::errc::cancelled)
        return {exit_code::failure, fmt::format("{} was stopped", what)};
    return {exit_code::failure, fmt::format("{} failed: {}", what, plain_refusal(error))};
}

JobEnd check(const SqliteImageStore& store, JobListener& listener) {
    const auto report = store.check(progress_to(listener));
    if (!report)
        return ended_by(report.error(), "the check");
    say_damages(*report, listener);
    if (report->unreferenced_bytes != 0)
        listener.say(
            fmt::format("{} bytes of the segment files belong to no picture", report->unreferenced_bytes));
    listener.say(fmt::format("{} pictures, {} bytes read and compared with their digests", report->pictures,
                             report->bytes));
    if (!report->ok())
        return {exit_code::failure,
                fmt::format("the check found {} fault{}",
                            report->damage_count + (report->unreferenced_bytes != 0 ? 1 : 0),
                            report->damage_count == 1 ? "" : "s")};
    listener.say("nothing is wrong");
    return {};
}

JobEnd backup(const SqliteImageStore& store, const std::filesystem::path& folder, JobListener& listener) {
    const auto report = store.backup(folder, progress_to(listener));
    if (!report)
        return ended_by(report.error(), "the backup");
    return end_of_copy(*report, fmt::format("backup in {}", folder.string()), listener);
}

} // namespace

JobEnd end_of_copy(const portrait::sqlite::CopyReport& report, std::string_view what, JobListener& listener) {
    say_damages(report, listener);
    listener.say(fmt::format("{}: {} pictures, {} bytes; {} of them, {} bytes, copied now", what,
                             report.pictures, report.bytes, report.copied_pictures, report.copied_bytes));
    if (!report.ok())
        return {exit_code::failure,
                fmt::format("{} picture{} could not be read and {} not in the copy", report.damage_count,
                            report.damage_count == 1 ? "" : "s", report.damage_count == 1 ? "is" : "are")};
    return {};
}

JobEnd end_of_failed_copy(const portrait::Error& error, std::string_view what) {
    return ended_by(error, what);
}

JobEnd do_job(JobPlace place, const FolderJob& job, JobListener& listener) {
    if (job.name == "check" && job.arguments.empty())
        return check(place.store, listener);
    const bool names_a_path =
        job.arguments.size() == 1 && std::filesystem::path{job.arguments[0]}.is_absolute();
    if (job.name == "backup" && names_a_path)
        return backup(place.store, job.arguments[0], listener);
    if (job.name == "export" && names_a_path)
        return export_pictures(place.store, job.arguments[0], listener);
    if (job.name == "import" && names_a_path)
        return import_pictures(place, job.arguments[0], listener);
    if ((job.name == "persons-import" && names_a_path) ||
        (job.name == "persons-add" && job.arguments.size() == 2))
        return add_persons(place.store, job);
    return {exit_code::refused, "the server that has the data folder open doesn't know this command"};
}

} // namespace portrait_server
