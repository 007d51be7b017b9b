#include "commands/persons_command.hpp"

#include "commands/persons_file.hpp"
#include "folder/control_socket.hpp"
#include "folder/progress_display.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace portrait_server {

namespace {

using portrait::sqlite::Person;

constexpr std::size_t largest_file = std::size_t{256} << 20;

/// Puts them into the folder's table, or has its owner do the job that comes to the same; returns the exit
/// code of a failure.
std::optional<int> save(const Settings& settings, std::span<const Person> persons, const FolderJob& job) {
    prepare_process();
    const auto store = portrait::sqlite::SqliteImageStore::open({.folder = settings.data});
    if (!store && store.error() == portrait::errc::store_in_use) {
        ProgressDisplay display;
        const auto end = ask_owner(settings.data, job, display);
        if (!end)
            return refuse(data_folder_refusal(settings, store.error()));
        if (end->exit_code == exit_code::success)
            return std::nullopt;
        return end->exit_code == exit_code::refused ? refuse(end->sentence) : fail(end->sentence);
    }
    if (!store)
        return refuse(data_folder_refusal(settings, store.error()));
    if (const auto added = (*store)->persons()->add(persons); !added)
        return fail(data_folder_refusal(settings, added.error()));
    return std::nullopt;
}

/// The file's text; the error's message is the reason.
[[nodiscard]] portrait::result<std::string> read_file(const std::filesystem::path& path) {
    const auto failed = [] {
        return portrait::Error{portrait::errc::store_io, std::generic_category().message(errno)};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"), std::fclose};
    if (file == nullptr)
        return failed();
    std::string text;
    std::vector<char> buffer(std::size_t{64} * 1024);
    errno = 0;
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        text.append(buffer.data(), count);
        if (text.size() > largest_file)
            return portrait::Error{portrait::errc::info_text_too_long,
                                   fmt::format("it has more than {} MiB", largest_file >> 20)};
    }
    if (std::ferror(file.get()) != 0)
        return failed();
    return text;
}

} // namespace

int import_persons(const Settings& settings, const ImportPersons& command) {
    const auto file = command.file.string();
    const auto text = read_file(command.file);
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

JobEnd add_persons(portrait::sqlite::SqliteImageStore& store, const FolderJob& job) {
    std::vector<Person> persons;
    if (job.name == "persons-import") {
        const auto text = read_file(job.arguments[0]);
        auto parsed = text ? parse_persons(*text) : portrait::result<std::vector<Person>>{text.error()};
        if (!parsed)
            return {exit_code::refused, fmt::format("{}: {}", job.arguments[0], parsed.error().message())};
        persons = *std::move(parsed);
    } else {
        const auto id = portrait::PersonId::parse(job.arguments[0]);
        const auto fault = person_name_fault(job.arguments[1]);
        if (!id || !fault.empty())
            return {exit_code::refused, std::string{id ? std::string_view{fault}
                                                       : "the id is not a number from 1 to 2147483647"}};
        persons.push_back({.id = *id, .name = job.arguments[1]});
    }
    if (const auto added = store.persons()->add(persons); !added)
        return {exit_code::failure, plain_refusal(added.error())};
    return {};
}

} // namespace portrait_server
