#include "serve/open_store.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

using portrait::http::Severity;

constexpr std::int32_t last_demo_person = 1000;

/// Adds the persons 1 to 1000 that are missing; existing ones keep their names.
[[nodiscard]] portrait::result<void> add_demo_persons(portrait::PersonTable& persons) {
    std::vector<portrait::PersonId> ids;
    for (std::int32_t number = 1; number <= last_demo_person; ++number)
        ids.push_back(portrait::PersonId::from(number).value());
    const auto known = persons.find_all(ids);
    if (!known)
        return known.error();
    std::vector<portrait::KnownPerson> missing;
    for (std::size_t index = 0; index < ids.size(); ++index)
        if (!(*known)[index])
            missing.push_back(
                {.id = ids[index], .full_name = fmt::format("Demo person {}", ids[index].value())});
    return missing.empty() ? portrait::result<void>{} : persons.add(missing);
}

[[nodiscard]] portrait::result<void> prepare_persons(const Settings& settings, const Store& store,
                                                     ServerLog& log) {
    const auto persons = store.persons();
    if (settings.demo)
        if (auto added = add_demo_persons(*persons); !added)
            return added;
    // Not `count`, which reads the whole table.
    const auto first = persons->list({.search = {}, .after = {}, .limit = 1});
    if (!first)
        return first.error();
    if (first->persons.empty() && !settings.allow_any_person)
        log.event(
            Severity::warning,
            "there are no persons yet, so no picture can be stored; add them by 'portrait-server persons "
            "import FILE.csv', or accept every id by --allow-any-person",
            {});
    return {};
}

std::string refusal_of(const Settings& settings, const portrait::Error& error) {
    return settings.store.empty()
               ? data_folder_refusal(settings.data, error)
               : fmt::format("The store in PostgreSQL can't be used: {}", plain_refusal(error));
}

} // namespace

Outcome<std::unique_ptr<Store>> open_store(const Settings& settings,
                                           std::shared_ptr<portrait::AuditLog> audit,
                                           std::shared_ptr<portrait::ImageCache> cache,
                                           const std::shared_ptr<ServerLog>& log) {
    StoreUse use{
        .audit = std::move(audit), .cache = std::move(cache), .on_event = [log](const std::string& sentence) {
            log->event(Severity::warning, sentence, {});
        }};
    std::unique_ptr<Store> store;
    if (settings.store.empty()) {
        auto opened = open_folder(settings, use);
        if (!opened)
            return Refusal{refusal_of(settings, opened.error()), code_of(opened.error())};
        store = *std::move(opened);
    } else {
        auto opened = open_database(settings, std::move(use));
        if (!opened)
            return opened.error();
        store = *std::move(opened);
    }
    if (const auto prepared = prepare_persons(settings, *store, *log); !prepared)
        return Refusal{refusal_of(settings, prepared.error()), code_of(prepared.error())};
    return store;
}

} // namespace portrait_server
