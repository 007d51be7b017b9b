#include "commands/persons_command.hpp"

#include "folder/control_socket.hpp"
#include "folder/persons_file.hpp"
#include "folder/progress_display.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <span>

namespace portrait_server {

namespace {

using portrait::sqlite::Person;

/// Puts them into the folder's table, or has its owner do the job that comes to the same; returns the exit
/// code of a failure.
std::optional<int> save(const Settings& settings, std::span<const Person> persons, const FolderJob& job) {
    prepare_process();
    const auto store = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (!store && store.error() == portrait::errc::store_in_use) {
        ProgressDisplay display;
        const auto end = ask_owner(settings.data, job, display);
        if (!end)
            return refuse(data_folder_refusal(settings.data, store.error()));
        if (end->exit_code == exit_code::success)
            return std::nullopt;
        return end->exit_code == exit_code::refused ? refuse(end->sentence) : fail(end->sentence);
    }
    if (!store)
        return refuse(data_folder_refusal(settings.data, store.error()));
    if (const auto added = (*store)->persons()->add(persons); !added)
        return fail(data_folder_refusal(settings.data, added.error()));
    return std::nullopt;
}

} // namespace

int import_persons(const Settings& settings, const ImportPersons& command) {
    const auto file = command.file.string();
    const auto text = read_persons_file(command.file);
    if (!text)
        return refuse(fmt::format("{} can't be read: {}", file, text.error().message()));
    const auto persons = parse_persons(*text);
    if (!persons)
        return refuse(fmt::format("{}, {}; nobody was added", file, persons.error().message()));
    if (persons->empty())
        return refuse(fmt::format("{} names nobody; lines of id,name do", file));
    if (const auto failure =
            save(settings, *persons, {"persons-import", {std::filesystem::absolute(command.file).string()}}))
        return *failure;
    say(fmt::format("{} person{} of {} added\n", persons->size(), persons->size() == 1 ? "" : "s", file));
    return exit_code::success;
}

int add_person(const Settings& settings, const AddPerson& command) {
    const auto id = portrait::PersonId::parse(command.id);
    if (!id)
        return refuse(fmt::format("the id '{}' is not a number from 1 to 2147483647", command.id));
    if (const auto fault = person_name_fault(command.name); !fault.empty())
        return refuse(fault);
    const Person person{.id = *id, .name = command.name};
    if (const auto failure = save(settings, {&person, 1}, {"persons-add", {command.id, command.name}}))
        return *failure;
    say(fmt::format("person {} added\n", id->value()));
    return exit_code::success;
}

} // namespace portrait_server
