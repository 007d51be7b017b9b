#include "commands/commands.hpp"

#include "folder/folder_job.hpp"
#include "folder/import_job.hpp"
#include "folder/owner_connection.hpp"
#include "folder/service.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds bar_interval{100};
constexpr std::chrono::seconds line_interval{10};
constexpr int bar_width = 30;

volatile std::sig_atomic_t signalled = 0;

void note_signal(int) {
    signalled = 1;
}

void handle(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    // No SA_RESTART: a signal has to interrupt reads of the socket. A second signal ends the process.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    (void)::sigaction(SIGINT, &action, nullptr);
    (void)::sigaction(SIGTERM, &action, nullptr);
}

double mebibytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

/// Prints the lines of a job on standard output, and its progress on standard error: as a bar on a terminal,
/// otherwise as a line with the throughput every ten seconds. SIGINT and SIGTERM cancel the job.
class ProgressDisplay final : public JobListener {
public:
    ProgressDisplay()
        : on_terminal_{::isatty(STDERR_FILENO) == 1} {
        handle(note_signal);
    }
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;
    ~ProgressDisplay() override {
        wipe_bar();
        handle(SIG_DFL);
    }

    void say(std::string_view line) override {
        wipe_bar();
        portrait_server::say(fmt::format("{}\n", portrait::printable(line)));
    }

    bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) override {
        const auto now = Clock::now();
        if (step != step_) {
            step_ = step;
            began_ = now;
            next_ = on_terminal_ ? now : now + line_interval;
        }
        if (now < next_)
            return !cancelled();
        next_ = on_terminal_ ? now + Clock::duration{bar_interval} : now + line_interval;
        bar_shown_ = on_terminal_;
        const auto seconds = std::chrono::duration<double>(now - began_).count();
        const auto rate = seconds > 0 ? mebibytes(done) / seconds : 0;
        std::string amount;
        if (total == 0) {
            amount = fmt::format("{:.0f} MiB", mebibytes(done));
        } else if (on_terminal_) {
            const auto part = std::min(1.0, mebibytes(done) / mebibytes(total));
            const std::string bar(static_cast<std::size_t>(part * bar_width), '#');
            amount = fmt::format("[{:{}}] {:3.0f}%", bar, bar_width, part * 100);
        } else {
            amount = fmt::format("{:.0f} of {:.0f} MiB", mebibytes(done), mebibytes(total));
        }
        note(on_terminal_
                 ? fmt::format("\r{:9} {}  {:.0f} MiB/s\x1b[K", portrait::printable(step), amount, rate)
                 : fmt::format("{}: {}, {:.0f} MiB/s\n", portrait::printable(step), amount, rate));
        return !cancelled();
    }

    /// True after one of the signals.
    bool cancelled() const override { return signalled != 0; }

private:
    using Clock = std::chrono::steady_clock;

    void wipe_bar() {
        if (bar_shown_)
            note("\r\x1b[K");
        bar_shown_ = false;
    }

    const bool on_terminal_;
    std::string step_;
    Clock::time_point began_{};
    Clock::time_point next_{};
    bool bar_shown_ = false;
};

/// Prints the sentence of a job that failed; returns the exit code.
int exit_code_of(const JobEnd& end) {
    if (end.exit_code == exit_code::success)
        return exit_code::success;
    return end.exit_code == exit_code::refused ? refuse(end.sentence) : fail(end.sentence);
}

/// The data folder of a command, which this process or a server has open.
struct OpenData {
    std::function<Outcome<JobEnd>(const FolderJob&, JobListener&)> run;
    ImportTarget& imports;
};

/// The work of a command. An error is that of the connection to the server.
using Task = std::function<Outcome<JobEnd>(const OpenData&, JobListener&)>;

/// Does a task on the data folder: with the server that has it open, through its control socket, otherwise in
/// this process. Shows progress; returns the exit code.
int with_data_folder(const Settings& settings, bool may_create, const Task& task) {
    std::error_code failure;
    // Opening would create the folder. Only commands that add persons may begin with an empty one; otherwise
    // --data is wrong.
    if (!may_create && !fs::exists(settings.data / "portrait.db", failure))
        return refuse(fmt::format("The data folder {} holds no portrait database; choose another by --data",
                                  settings.data.string()));
    ProgressDisplay display;
    auto opened = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (opened) {
        const std::shared_ptr<portrait::sqlite::SqliteImageStore> store = *std::move(opened);
        const auto service = make_service(settings, *store, store);
        const JobPlace place{*store, *store, *service};
        const auto run = [&](const FolderJob& job, JobListener& listener) {
            const auto work = work_of(job);
            return work ? (*work)(place, listener) : JobEnd{exit_code::refused, work.error().sentence};
        };
        LocalImport imports{place};
        const auto end = task({run, imports}, display);
        return end ? exit_code_of(*end) : refuse(end.error());
    }
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
    return with_data_folder(settings, may_create, [&](const OpenData& data, JobListener& listener) {
        return data.run(job, listener);
    });
}

/// A command that writes into a folder. This process opens it: a server may see other mounts, in which it is
/// missing or read-only.
int write_folder(const Settings& settings, const char* job) {
    return with_data_folder(
        settings, false, [&](const OpenData& data, JobListener& listener) -> Outcome<JobEnd> {
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
    return with_data_folder(settings, true, [&](const OpenData& data, JobListener& listener) {
        return Outcome<JobEnd>{import_pictures(data.imports, settings.arguments[0], listener)};
    });
}

/// Adds persons by as many jobs as their lines need.
[[nodiscard]] Outcome<JobEnd> add_persons(const std::vector<portrait::sqlite::Person>& persons,
                                          const OpenData& data, JobListener& listener) {
    constexpr std::size_t max_job_bytes = 48UL * 1024;
    SilentListener silent{listener};
    FolderJob job{"persons-add", {}};
    std::size_t bytes = 0;
    for (std::size_t done = 0; done < persons.size(); ++done) {
        job.arguments.push_back(std::to_string(persons[done].id.value()));
        job.arguments.push_back(persons[done].name);
        bytes += persons[done].name.size() + 16;
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
    return with_data_folder(settings, true, [&](const OpenData& data, JobListener& listener) {
        auto end = add_persons(*persons, data, listener);
        if (end && end->exit_code == exit_code::success)
            listener.say(fmt::format("{} person{} of {} added", persons->size(),
                                     persons->size() == 1 ? "" : "s", path.filename().string()));
        return end;
    });
}

int restore_backup(const Settings& settings) {
    ProgressDisplay display;
    const auto report = portrait::sqlite::restore(
        settings.arguments[0], settings.data,
        [&](const portrait::sqlite::Progress& progress) {
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
                "Verify every picture in the data folder. It lists each damaged one; a server may be running",
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
        "DIR", target, [](const Settings& given) { return write_folder(given, "backup"); });
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
