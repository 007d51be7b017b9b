#include "commands/commands.hpp"

#include "folder/control_socket.hpp"
#include "folder/persons_file.hpp"
#include "folder/progress_display.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace portrait_server {

namespace {

using portrait::sqlite::Person;

/// Adds the persons to the folder's table, or sends `job` to the server that has the folder open. Returns the
/// exit code of a failure.
std::optional<int> save(const Settings& settings, std::span<const Person> persons, const FolderJob& job) {
    const auto store = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (!store && store.error() == portrait::errc::store_in_use) {
        ProgressDisplay display;
        if (const auto end = run_in_owner(settings.data, job, display))
            return end->exit_code == exit_code::success ? std::nullopt : std::optional{exit_code_of(*end)};
    }
    if (!store)
        return refuse(data_folder_refusal(settings.data, store.error()));
    if (const auto added = (*store)->persons()->add(persons); !added)
        return fail(data_folder_refusal(settings.data, added.error()));
    return std::nullopt;
}

int import_persons(const Settings& settings, const std::filesystem::path& path) {
    prepare_process();
    const auto file = path.string();
    const auto persons = read_persons(path);
    if (!persons)
        return refuse(fmt::format("{}; nobody was added", persons.error().sentence));
    if (persons->empty())
        return refuse(fmt::format("{} has no lines of id,name; nobody was added", file));
    if (const auto failure =
            save(settings, *persons, {"persons-import", {std::filesystem::absolute(path).string()}}))
        return *failure;
    say(fmt::format("{} person{} of {} added\n", persons->size(), persons->size() == 1 ? "" : "s", file));
    return exit_code::success;
}

int add_person(const Settings& settings, const std::string& id, const std::string& name) {
    prepare_process();
    const auto person = make_person(id, name);
    if (!person)
        return refuse(person.error().sentence);
    if (const auto failure = save(settings, {&*person, 1}, {"persons-add", {id, name}}))
        return *failure;
    say(fmt::format("person {} added\n", person->id.value()));
    return exit_code::success;
}

} // namespace

void add_person_commands(CLI::App& app, Command& command) {
    auto* const persons = add_command(app, "persons", "Persons who can have a picture");
    persons->require_subcommand(1);
    auto* const import =
        add_command(*persons, "import", "Add the persons of a CSV file. A file with a fault adds none",
                    "  portrait-server persons import persons.csv --data /var/lib/portrait");
    const auto file = std::make_shared<std::filesystem::path>();
    import->add_option("file", *file, "Lines of id,name; the first may be a header")
        ->type_name("FILE.csv")
        ->required();
    import->callback([&command, file] {
        command = [file](const Settings& settings) { return import_persons(settings, *file);
};
} // namespace portrait_server
);

auto* const add = add_command(*persons, "add", "Add a person, or change a name",
                              "  portrait-server persons add 7 'Kari Nordmann'");
const auto id = std::make_shared<std::string>();
const auto name = std::make_shared<std::string>();
add->add_option("id", *id, "Person's id, from 1 to 2147483647")->type_name("ID")->required();
add->add_option("name", *name, "Person's name")->type_name("NAME")->required();
add->callback([&command, id, name] {
    command = [id, name](const Settings& settings) { return add_person(settings, *id, *name); };
});
}

} // namespace portrait_server
