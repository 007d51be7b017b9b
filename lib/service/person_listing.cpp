#include <portrait/person_listing.hpp>

#include <portrait/name_search.hpp>
#include <portrait/person_image_service.hpp>

#include <algorithm>
#include <utility>

namespace portrait {
namespace {

/// Persons that one call reads when it shows only some of them.
constexpr std::size_t max_read = 1000;

/// One page of a listing.
class PageOfPersons {
public:
    PageOfPersons(const ImageStore& store, const PersonDirectory& directory, const PersonListing& listing)
        : store_{store}
        , directory_{directory}
        , listing_{listing}
        , limit_{std::max<std::size_t>(listing.limit, 1)} {
        if (const auto id = PersonId::parse(listing.search))
            exact_ = *id;
        if (const auto id = PersonId::from(listing.after.value_or(0)))
            after_ = *id;
    }

    [[nodiscard]] result<ListedPersons> read() {
        // The person with the searched id comes first, and in no later page: it may be millions of ids away.
        if (exact_ && !listing_.after)
            if (auto added = add_exact(); !added)
                return added.error();
        if (page_.persons.size() == limit_) {
            page_.next = 0;
            return std::move(page_);
        }
        auto candidates = listing_.has_image.value_or(false) ? with_image() : of_directory();
        if (!candidates)
            return candidates.error();
        if (candidates->next)
            page_.next = candidates->next->value();
        if (auto added = add(std::move(candidates->persons)); !added)
            return added.error();
        return std::move(page_);
    }

private:
    std::size_t room() const { return limit_ - page_.persons.size(); }

    [[nodiscard]] result<void> add_exact() {
        auto found = directory_.find(*exact_);
        if (!found)
            return found.error();
        return *found ? add({**std::move(found)}) : result<void>{};
    }

    [[nodiscard]] result<PersonPage> of_directory() const {
        auto page = directory_.list(
            {.search = listing_.search, .after = after_, .limit = listing_.has_image ? max_read : room()});
        if (page)
            std::erase_if(page->persons, [&](const KnownPerson& person) { return person.id == exact_; });
        return page;
    }

    [[nodiscard]] result<PersonPage> with_image() const {
        const auto limit = listing_.search.empty() ? room() : max_read;
        const auto ids = store_.persons_with_image(after_, limit);
        if (!ids)
            return ids.error();
        auto found = directory_.find_all(*ids);
        if (!found)
            return found.error();
        const NameSearch search{listing_.search};
        PersonPage page;
        for (auto& person : *found)
            if (person && person->id != exact_ && search.matches(person->full_name))
                page.persons.push_back(*std::move(person));
        if (ids->size() >= limit)
            page.next = ids->back();
        return page;
    }

    /// Adds the persons whose pictures the listing asks for, up to the limit.
    [[nodiscard]] result<void> add(std::vector<KnownPerson> persons) {
        std::vector<PersonId> ids;
        ids.reserve(persons.size());
        for (const auto& person : persons)
            ids.push_back(person.id);
        const auto infos = store_.infos(ids);
        if (!infos)
            return infos.error();
        for (std::size_t index = 0; index < persons.size(); ++index) {
            const auto& info = (*infos)[index];
            const bool has_image = info && info->format;
            if (listing_.has_image.value_or(has_image) != has_image)
                continue;
            page_.persons.push_back({.person = std::move(persons[index]),
                                     .image = has_image ? std::optional{info->version()} : std::nullopt});
            if (page_.persons.size() == limit_ && index + 1 < persons.size()) {
                page_.next = ids[index].value();
                break;
            }
        }
        return {};
    }

    const ImageStore& store_;
    const PersonDirectory& directory_;
    const PersonListing& listing_;
    const std::size_t limit_;
    std::optional<PersonId> exact_; ///< the id that is searched for
    std::optional<PersonId> after_;
    ListedPersons page_;
};

} // namespace

result<KnownPerson> PersonImageService::person(PersonId person_id) const {
    auto found = directory_->find(person_id);
    if (!found)
        return found.error();
    if (!*found)
        return unknown_person(person_id);
    return **std::move(found);
}

result<ListedPersons> PersonImageService::persons(const PersonListing& listing) const {
    return PageOfPersons{*store_, *directory_, listing}.read();
}

} // namespace portrait
