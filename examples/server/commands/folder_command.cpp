#include "commands/commands.hpp"

#include "commands/progress_display.hpp"
#include "folder/folder_job.hpp"
#include "folder/import_job.hpp"
#include "folder/owner_connection.hpp"
#include "folder/service.hpp"
#include "options/help.hpp"
#include "store/store.hpp"
#include "terminal/console.hpp"

#include <portrait/person_table.hpp>
#include <portrait/sqlite/open_folder.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;

/// Prints the sentence of a job that failed; returns the exit code.
int exit_code_of(const JobEnd& end) {
    if (end.exit_code == exit_code::success)
        return exit_code::success;
    return end.exit_code == exit_code::refused ? refuse(end.sentence) : fail(end.sentence);
}

constexpr const char* backup_refusal = "A store in PostgreSQL is backed up and restored by PostgreSQL's own "
                                       "programs, pg_dump or pg_basebackup; the "
                                       "guide's page 'More than one machine' has the commands";

/// The store of a command, which this process has open or, with its data folder, a server.
struct OpenData {
    std::function<Outcome<JobEnd>(const FolderJob&, JobListener&)> run;
    ImportTarget& imports;
};

/// The work of a command. An error is that of the connection to the server.
using Task = std::function<Outcome<JobEnd>(const OpenData&, JobListener&)>;

/// Does a task on a store that this process has open; returns the exit code.
int do_here(const Settings& settings, Store& store, const Task& task, ProgressDisplay& display) {
    const auto images = store.images();
    const auto service = make_service(settings, store, images);
    const JobPlace place{store, *images, *service};
    const auto run = [&](const FolderJob& job, JobListener& listener) {
        const auto work = work_of(job);
        return work ? (*work)(place, listener) : JobEnd{exit_code::refused, work.error().sentence};
    };
    LocalImport imports{place};
    const auto end = task({run, imports}, display);
    return end ? exit_code_of(*end) : refuse(end.error());
}

/// Does a task on the store in PostgreSQL, beside the servers that use it.
int with_database(const Settings& settings, bool may_create, const Task& task) {
    ProgressDisplay display;
    const auto store = open_database(settings, {.may_create = may_create});
    return store ? do_here(settings, **store, task, display) : refuse(store.error());
}

/// Does a task on the store of `--store`, or on the data folder: with the server that has it open, through
/// its control socket, otherwise in this process. Shows progress; returns the exit code.
int with_store(const Settings& settings, bool may_create, const Task& task) {
    if (!settings.store.empty())
        return with_database(settings, may_create, task);
    std::error_code failure;
    // Opening would create the folder. Only commands that add persons may begin with an empty one; otherwise
    // --data is wrong.
    if (!may_create && !fs::exists(settings.data / "portrait.db", failure))
        return refuse(fmt::format("The data folder {} holds no portrait database; choose another by --data",
                                  settings.data.string()));
    ProgressDisplay display;
    const auto opened = open_folder(settings);
    if (opened)
        return do_here(settings, **opened, task, display);
    const auto refusal = data_folder_refusal(settings.data, opened.error());
    if (opened.error() != portrait::errc::store_in_use)
        return refuse(refusal, code_of(opened.error()));
    const auto unanswered = [&](const Refusal& fault) {
        return refuse(fmt::format("{}; it doesn't answer on its control socket: {}", refusal, fault.sentence),
                      exit_code::later);
    };
    const auto connection = OwnerConnection::connect(settings.data, display);
    if (!connection)
        return unanswered(connection.error());
    const auto run = [&](const FolderJob& job, JobListener& listener) {
        return (*connection)->run(job, listener);
    };
    const auto end = task({run, **connection}, display);
    return end ? exit_code_of(*end) : unanswered(end.error());
}

/// A command that is one job.
int run_folder_job(const Settings& settings, const FolderJob& job, bool may_create) {
    if (const auto work = work_of(job); !work)
        return refuse(work.error().sentence);
    return with_store(settings, may_create,
                      [&](const OpenData& data, JobListener& listener) { return data.run(job, listener); });
}

/// A command that writes into a folder. This process opens it: a server may see other mounts, in which it is
/// missing or read-only.
int write_folder(const Settings& settings, const char* job) {
    return with_store(settings, false, [&](const OpenData& data, JobListener& listener) -> Outcome<JobEnd> {
        auto folder = portrait::sqlite::OpenFolder::open_or_make(settings.arguments[0]);
        if (!folder)
            return JobEnd{exit_code::refused,
                          fmt::format("The {} can't be written: {}", job, plain_refusal(folder.error()))};
        const auto name = folder->name().string();
        return data.run(
            {job, {name}, std::make_shared<const portrait::sqlite::OpenFolder>(*std::move(folder))},
            listener);
    });
}

int import_folder(const Settings& settings) {
    return with_store(settings, true, [&](const OpenData& data, JobListener& listener) {
        return Outcome<JobEnd>{import_pictures(data.imports, settings.arguments[0], listener)};
    });
}

/// Adds persons by as many jobs as their lines need.
[[nodiscard]] Outcome<JobEnd> add_persons(const std::vector<portrait::KnownPerson>& persons,
                                          const OpenData& data, JobListener& listener) {
    constexpr std::size_t max_job_bytes = 48UL * 1024;
    SilentListener silent{listener};
    FolderJob job{"persons-add", {}};
    std::size_t bytes = 0;
    for (std::size_t done = 0; done < persons.size(); ++done) {
        job.arguments.push_back(std::to_string(persons[done].id.value()));
        job.arguments.push_back(persons[done].full_name);
        bytes += persons[done].full_name.size() + 16;
        if (bytes < max_job_bytes && done + 1 < persons.size())
            continue;
        auto end = data.run(job, silent);
        if (!end || end->exit_code != exit_code::success)
            return end;
        job.arguments.clear();
        bytes = 0;
    }
    return JobEnd{};
}

int import_persons(const Settings& settings) {
    const fs::path path = settings.arguments[0];
    const auto persons = read_persons(path);
    if (!persons)
        return refuse(persons.error().sentence + "; nobody was added");
    if (persons->empty())
        return refuse(fmt::format("{} has no lines of id,name; nobody was added", path.string()));
    return with_store(settings, true, [&](const OpenData& data, JobListener& listener) {
        auto end = add_persons(*persons, data, listener);
        if (end && end->exit_code == exit_code::success)
            listener.say(fmt::format("{} person{} of {} added", persons->size(),
                                     persons->size() == 1 ? "" : "s", path.filename().string()));
        return end;
    });
}

int restore_backup(const Settings& settings) {
    if (!settings.store.empty())
        return refuse(backup_refusal);
    ProgressDisplay display;
    const auto report = portrait::sqlite::restore(
        settings.arguments[0], settings.data,
        [&](const portrait::Progress& progress) {
            return display.progress(progress.step, progress.done, progress.total);
        },
        settings.erased_in);
    if (report) {
        const auto end =
            end_of_copy(*report, fmt::format("restored into {}", settings.data.string()), display);
        display.say(settings.erased_in
                        ? fmt::format("{} persons that were erased after the backup are not restored",
                                      report->erased_persons)
                        : "warning: persons that were erased after the backup are back; --erased-in OLD, the "
                          "earlier data folder, leaves them out");
        return exit_code_of(end);
    }
    auto end = end_of_failed_job(report.error(), "The restoration");
    using portrait::errc;
    for (const auto refusal : {errc::store_in_use, errc::store_newer_schema, errc::store_not_a_database,
                               errc::store_folder_missing})
        if (report.error() == refusal)
            end.exit_code = exit_code::refused;
    return exit_code_of(end);
}

/// Adds a subcommand about one person.
CLI::App* add_person_command(CLI::App& persons, Settings& settings, const char* name, const char* description,
                             const std::string& example) {
    auto* const added = add_command(persons, name, description, example);
    added->add_option("id", settings.arguments[0], "Person's id, from 1 to 2147483647")
        ->type_name("ID")
        ->required();
    added->callback([&settings, name = std::string{name}] {
        settings.command = [name](const Settings& given) {
            const auto* const with_name = given.erase_name ? "-with-name" : "";
            return run_folder_job(given, {fmt::format("persons-{}{}", name, with_name), {given.arguments[0]}},
                                  false);
        };
    });
    return added;
}

/// Adds a subcommand whose argument is a path.
CLI::App* add_path_command(CLI::App& app, Settings& settings, const char* name, const char* description,
                           const std::string& example, const char* argument, const char* type,
                           const char* text, std::function<int(const Settings&)> command) {
    auto* const added = add_command(app, name, description, example);
    added->add_option(argument, settings.arguments[0], text)->type_name(type)->required();
    added->callback([&settings, command = std::move(command)] { settings.command = command; });
    return added;
}

void add_person_commands(CLI::App& app, Settings& settings) {
    auto* const persons = add_command(app, "persons", "Persons who can have a picture");
    persons->require_subcommand(1);
    add_path_command(*persons, settings, "import",
                     "Add the persons of a CSV file. A file with a fault adds none",
                     "  portrait-server persons import persons.csv --data /var/lib/portrait", "file",
                     "FILE.csv", "Lines of id,name; the first may be a header", import_persons);
    auto* const add = add_command(*persons, "add", "Add a person, or change a name",
                                  "  portrait-server persons add 7 'Kari Nordmann'");
    auto& [id, name] = settings.arguments;
    add->add_option("id", id, "Person's id, from 1 to 2147483647")->type_name("ID")->required();
    add->add_option("name", name, "Person's name")->type_name("NAME")->required();
    add->callback([&settings] {
        settings.command = [](const Settings& given) {
            return run_folder_job(given, {"persons-add", {given.arguments.begin(), given.arguments.end()}},
                                  true);
        };
    });
    add_person_command(
        *persons, settings, "erase",
        "Erase a person's picture. It is gone from the disk and the caches; a receipt is printed. Older "
        "exports of it are not imported again",
        "  portrait-server persons erase 7 --name --data /var/lib/portrait")
        ->add_flag("--name", settings.erase_name, "Erase the person's name, too");
    add_person_command(*persons, settings, "verify-erased",
                       "Verify that a person is erased. Looks in rows, segments, log and cache",
                       "  portrait-server persons verify-erased 7 --data /var/lib/portrait");
}

} // namespace

void add_folder_commands(CLI::App& app, Settings& settings) {
    add_person_commands(app, settings);
    add_command(app, "check",
                "Verify every picture in the store. It lists each damaged one; a server may be running",
                "  portrait-server check --data /var/lib/portrait")
        ->callback([&settings] {
            settings.command = [](const Settings& given) {
                return run_folder_job(given, {"check", {}}, false);
            };
        });
    const auto add = [&](const char* name, const char* description, const char* type, const char* text,
                         std::function<int(const Settings&)> command) {
        return add_path_command(
            app, settings, name, description,
            fmt::format("  portrait-server {} /mnt/{} --data /var/lib/portrait", name, name), "dir", type,
            text, std::move(command));
    };
    constexpr const char* target = "Created when it is missing; its parent has to exist";
    add("backup",
        "Back up the data folder. A server may be running; into an earlier backup, only new data is copied",
        "DIR", target, [](const Settings& given) {
            return given.store.empty() ? write_folder(given, "backup") : refuse(backup_refusal);
        });
    add("restore", "Create the data folder from a backup. Nothing is overwritten", "BACKUP",
        "Folder that 'backup' wrote", restore_backup)
        ->add_option("--erased-in", settings.erased_in,
                     "Data folder that the backup is of. What was erased there later is not restored")
        ->type_name("OLD");
    add("export",
        "Write each picture to a file. A manifest has the ImageInfo; a second export into the folder writes "
        "changes only",
        "DIR", target, [](const Settings& given) { return write_folder(given, "export"); });
    add("import",
        "Add the persons and pictures of an export. A person with another picture keeps it and is listed",
        "DIR", "Folder that 'export' wrote", import_folder);
}

} // namespace portrait_server
