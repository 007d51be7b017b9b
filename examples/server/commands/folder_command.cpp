#include "commands/folder_command.hpp"

#include "folder/control_socket.hpp"
#include "folder/progress_display.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace portrait_server {

namespace {

namespace fs = std::filesystem;

int exit_code_of(const JobEnd& end) {
    if (end.exit_code == exit_code::success)
        return exit_code::success;
    return end.exit_code == exit_code::refused ? refuse(end.sentence) : fail(end.sentence);
}

/// Not lexically normal: `..` behind a symbolic link leads elsewhere.
std::string absolute_path(const fs::path& path) {
    return fs::absolute(path).string();
}

} // namespace

int run_folder_job(const Settings& settings, const FolderJob& job) {
    prepare_process();
    std::error_code failure;
    // Opening would make the folder, and a job on nothing is a wrong --data; but an import may begin one.
    if (job.name != "import" && !fs::exists(settings.data / "portrait.db", failure))
        return refuse(fmt::format("the data folder {} holds no portrait database; choose another by --data",
                                  settings.data.string()));
    ProgressDisplay display;
    const auto store = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (store)
        return exit_code_of(do_job({**store, **store}, job, display));
    if (store.error() != portrait::errc::store_in_use)
        return refuse(data_folder_refusal(settings.data, store.error()));
    const auto end = ask_owner(settings.data, job, display);
    if (!end)
        return refuse(fmt::format("the data folder {} is in use, and its owner doesn't answer on its control "
                                  "socket: {}",
                                  settings.data.string(), plain_refusal(end.error())));
    return exit_code_of(*end);
}

int check_folder(const Settings& settings) {
    return run_folder_job(settings, {"check", {}});
}

int back_up(const Settings& settings, const BackUp& command) {
    return run_folder_job(settings, {"backup", {absolute_path(command.folder)}});
}

int export_all(const Settings& settings, const ExportPictures& command) {
    return run_folder_job(settings, {"export", {absolute_path(command.folder)}});
}

int import_all(const Settings& settings, const ImportPictures& command) {
    return run_folder_job(settings, {"import", {absolute_path(command.folder)}});
}

int restore_backup(const Settings& settings, const RestoreBackup& command) {
    prepare_process();
    ProgressDisplay display;
    const auto report = portrait::sqlite::restore(
        command.folder, settings.data, [&](const portrait::sqlite::Progress& progress) {
            return display.progress(progress.step, progress.done, progress.total);
        });
    if (!report) {
        const auto& error = report.error();
        const bool refused =
            error == portrait::errc::store_in_use || error == portrait::errc::store_newer_schema ||
            error == portrait::errc::store_not_a_database || error == portrait::errc::store_folder_missing;
        const auto end = end_of_failed_copy(error, "the restoration");
        return refused ? refuse(end.sentence) : fail(end.sentence);
    }
    return exit_code_of(
        end_of_copy(*report, fmt::format("restored into {}", settings.data.string()), display));
}

} // namespace portrait_server
