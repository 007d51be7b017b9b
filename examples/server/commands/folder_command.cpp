#include "commands/commands.hpp"

#include "folder/control_socket.hpp"
#include "folder/folder_job.hpp"
#include "folder/progress_display.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

namespace portrait_server {

namespace {

namespace fs = std::filesystem;

/// Runs a job on the data folder: in the server that has it open, through its control socket, otherwise here.
/// Shows progress; returns the exit code.
int run_folder_job(const Settings& settings, const FolderJob& job) {
    prepare_process();
    std::error_code failure;
    // Opening would create the folder. Only an import may begin with an empty one; otherwise --data is wrong.
    if (job.name != "import" && !fs::exists(settings.data / "portrait.db", failure))
        return refuse(fmt::format("The data folder {} holds no portrait database; choose another by --data",
                                  settings.data.string()));
    ProgressDisplay display;
    const auto store = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (store)
        return exit_code_of(do_job({**store, **store}, job, display));
    if (store.error() != portrait::errc::store_in_use)
        return refuse(data_folder_refusal(settings.data, store.error()));
    const auto end = run_in_owner(settings.data, job, display);
    if (!end)
        return refuse(fmt::format("The data folder {} is in use, and its owner doesn't answer on its control "
                                  "socket: {}",
                                  settings.data.string(), end.error().sentence));
    return exit_code_of(*end);
}

int restore_backup(const Settings& settings, const fs::path& backup) {
    prepare_process();
    ProgressDisplay display;
    const auto report =
        portrait::sqlite::restore(backup, settings.data, [&](const portrait::sqlite::Progress& progress) {
            return display.progress(progress.step, progress.done, progress.total);
        });
    if (report)
        return exit_code_of(
            end_of_copy(*report, fmt::format("restored into {}", settings.data.string()), display));
    auto end = end_of_failed_job(report.error(), "The restoration");
    using portrait::errc;
    for (const auto refusal : {errc::store_in_use, errc::store_newer_schema, errc::store_not_a_database,
                               errc::store_folder_missing})
        if (report.error() == refusal)
            end.exit_code = exit_code::refused;
    return exit_code_of(end);
}

/// A subcommand with a folder as its argument.
void add_folder_command(CLI::App& app, Command& command, const char* name, const char* description,
                        const char* type, const char* argument) {
    auto* const added =
        add_command(app, name, description,
                    fmt::format("  portrait-server {} /mnt/{} --data /var/lib/portrait", name, name));
    const auto folder = std::make_shared<fs::path>();
    added->add_option("dir", *folder, argument)->type_name(type)->required();
    added->callback([&command, folder, job = std::string{name}] {
        command = [folder, job](const Settings& settings) {
            // Not lexically normal: `..` after a symbolic link has another meaning.
            return job == "restore" ? restore_backup(settings, *folder)
                                    : run_folder_job(settings, {job, {fs::absolute(*folder).string()}});
        };
    });
}

} // namespace

void add_folder_commands(CLI::App& app, Command& command) {
    add_command(app, "check",
                "Verify every picture in the data folder. It lists each damaged one; a server may be running",
                "  portrait-server check --data /var/lib/portrait")
        ->callback([&command] {
            command = [](const Settings& settings) { return run_folder_job(settings, {"check", {}}); };
        });
    constexpr const char* target = "Created when it is missing; its parent has to exist";
    add_folder_command(app, command, "backup",
                       "Back up the data folder. A server may be running; into an earlier backup, only new "
                       "data is copied",
                       "DIR", target);
    add_folder_command(app, command, "restore",
                       "Create the data folder from a backup. Nothing is overwritten", "BACKUP",
                       "Folder that 'backup' wrote");
    add_folder_command(app, command, "export",
                       "Write each picture to a file. A manifest has the ImageInfo; a second export into the "
                       "folder writes changes only",
                       "DIR", target);
    add_folder_command(
        app, command, "import",
        "Add the persons and pictures of an export. A person with another picture keeps it and "
        "is listed",
        "DIR", "Folder that 'export' wrote");
}

} // namespace portrait_server
