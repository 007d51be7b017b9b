#include "folder/persons_job.hpp"

#include "folder/persons_file.hpp"
#include "terminal/console.hpp"
#include "terminal/refusals.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait_server {

JobEnd add_persons(portrait::sqlite::SqliteImageStore& store, const FolderJob& job) {
    std::vector<portrait::sqlite::Person> persons;
    if (job.name == "persons-import") {
        const auto text = read_persons_file(job.arguments[0]);
        auto parsed = text ? parse_persons(*text)
                           : portrait::result<std::vector<portrait::sqlite::Person>>{text.error()};
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
