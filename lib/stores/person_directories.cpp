#include <portrait/image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/name_search.hpp>
#include <portrait/person_directory.hpp>
#include <portrait/person_table.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string_view>
#include <utility>

// The default members of PersonDirectory, and the directories of the core.
namespace portrait {
namespace {

/// Persons whose names one call of `MemoryPersonDirectory::list` compares.
constexpr std::size_t max_compared = 10'000;

std::string_view trimmed_name(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

KnownPerson KnownPerson::named(PersonId id, std::string full_name) {
    KnownPerson person{.id = id, .full_name = std::move(full_name)};
    const auto words = trimmed_name(person.full_name);
    const auto first_end = words.find(' ');
    person.first_name = words.substr(0, first_end);
    if (first_end == std::string_view::npos)
        return person;
    const auto last_start = words.rfind(' ') + 1;
    person.last_name = words.substr(last_start);
    person.middle_name = trimmed_name(words.substr(first_end, last_start - first_end));
    return person;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding directories keep what this one only calls
void PersonDirectory::ask(PersonId person_id, Completion<bool> completion) const {
    completion(contains(person_id));
}

PersonTable::~PersonTable() = default;

result<void> PersonTable::add(PersonId person_id, std::string full_name) {
    const KnownPerson person{.id = person_id, .full_name = std::move(full_name)};
    return add(std::span{&person, 1});
}

result<std::optional<KnownPerson>> PersonDirectory::find(PersonId person_id) const {
    const auto exists = contains(person_id);
    if (!exists)
        return exists.error();
    return *exists ? std::optional{KnownPerson{.id = person_id}} : std::nullopt;
}

result<std::vector<std::optional<KnownPerson>>>
PersonDirectory::find_all(std::span<const PersonId> persons) const {
    std::vector<std::optional<KnownPerson>> found;
    found.reserve(persons.size());
    for (const auto person_id : persons) {
        auto person = find(person_id);
        if (!person)
            return person.error();
        found.push_back(*std::move(person));
    }
    return found;
}

result<PersonPage> PersonDirectory::list(const PersonQuery&) const {
    return Error{errc::person_not_listed};
}

result<ForgottenPerson> PersonDirectory::forget(PersonId) {
    return Error{errc::person_kept_elsewhere};
}

AnyPersonDirectory::AnyPersonDirectory(std::shared_ptr<const ImageStore> store)
    : store_{std::move(store)} {}

AnyPersonDirectory::~AnyPersonDirectory() = default;

result<PersonPage> AnyPersonDirectory::list(const PersonQuery& query) const {
    if (store_ == nullptr)
        return Error{errc::person_not_listed};
    PersonPage page;
    if (!query.search.empty()) // no person has a name
        return page;
    const auto ids = store_->persons_with_image(query.after, query.limit);
    if (!ids)
        return ids.error();
    for (const auto id : *ids)
        page.persons.push_back({.id = id});
    if (!ids->empty() && ids->size() >= query.limit)
        page.next = ids->back();
    return page;
}

MemoryPersonDirectory::MemoryPersonDirectory(std::initializer_list<PersonId> persons) {
    for (const auto person_id : persons)
        persons_.try_emplace(person_id);
}

MemoryPersonDirectory::~MemoryPersonDirectory() = default;

void MemoryPersonDirectory::add(PersonId person_id, std::string full_name) {
    const std::unique_lock lock{mutex_};
    persons_.insert_or_assign(person_id, std::move(full_name));
}

void MemoryPersonDirectory::remove(PersonId person_id) {
    const std::unique_lock lock{mutex_};
    persons_.erase(person_id);
}

result<bool> MemoryPersonDirectory::contains(PersonId person_id) const {
    const std::shared_lock lock{mutex_};
    return persons_.contains(person_id);
}

result<std::optional<KnownPerson>> MemoryPersonDirectory::find(PersonId person_id) const {
    const std::shared_lock lock{mutex_};
    const auto found = persons_.find(person_id);
    return found == persons_.end() ? std::nullopt
                                   : std::optional{KnownPerson::named(person_id, found->second)};
}

result<PersonPage> MemoryPersonDirectory::list(const PersonQuery& query) const {
    const NameSearch search{query.search};
    const auto limit = std::max<std::size_t>(query.limit, 1);
    PersonPage page;
    const std::shared_lock lock{mutex_};
    auto person = query.after ? persons_.upper_bound(*query.after) : persons_.begin();
    for (std::size_t compared = 0; person != persons_.end(); ++person) {
        if (page.persons.size() == limit || compared++ == max_compared) {
            page.next = std::prev(person)->first;
            break;
        }
        if (search.matches(person->second))
            page.persons.push_back(KnownPerson::named(person->first, person->second));
    }
    return page;
}

result<ForgottenPerson> MemoryPersonDirectory::forget(PersonId person_id) {
    const std::unique_lock lock{mutex_};
    return ForgottenPerson{.existed = persons_.erase(person_id) != 0};
}

} // namespace portrait
