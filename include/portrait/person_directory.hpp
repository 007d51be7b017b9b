#pragma once

#include <portrait/completion.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait {

class ImageStore;

/// The outcome of `PersonDirectory::forget`.
struct ForgottenPerson {
    bool existed = false; ///< whether the directory contained the person
    /// One sentence for each part that may still be on the disk, with the reason and the remedy.
    std::vector<std::string> unproven{};
};

/// A person of a directory. Names that the directory doesn't have are empty.
struct PORTRAIT_EXPORT KnownPerson {
    PersonId id;
    std::string full_name{};
    std::string first_name{};
    std::string middle_name{};
    std::string last_name{};

    /// A person with the parts of a full name, for directories that have no others: the first word is the
    /// first name, the last of several words the last name, and the words between them the middle name.
    ///
    /// ```cpp
    /// KnownPerson::named(id, "Ludwig van Beethoven").middle_name; // "van"
    /// ```
    static KnownPerson named(PersonId id, std::string full_name);
};

/// A page of persons that `PersonDirectory::list` reads.
struct PersonQuery {
    std::string search{};            ///< a part of the full name (see `NameSearch`); empty: all persons
    std::optional<PersonId> after{}; ///< persons with larger ids; absent: all
    std::size_t limit = 50;          ///< most persons of the page, at least 1
};

/// The outcome of `PersonDirectory::list`.
struct PersonPage {
    std::vector<KnownPerson> persons{}; ///< by ascending id; perhaps fewer than the limit, or none
    std::optional<PersonId> next{};     ///< the `after` of the next page; absent: this page is the last
};

/// Port: the existing persons. Implement it for your own persons. Thread-safe; may block. Only `contains` is
/// needed; the others serve the routes that show names. The tests in
/// `portrait/testing/person_directory_conformance.hpp` check an implementation of all of them.
class PORTRAIT_EXPORT PersonDirectory {
public:
    virtual ~PersonDirectory() = default;

    /// Whether the person exists. Errors: `store_io`, `service_busy` and others when that can't be read.
    [[nodiscard]] virtual result<bool> contains(PersonId person_id) const = 0;

    /// As `contains`, but calls back, so that many callers can wait for a database without a thread each. The
    /// default calls `contains`.
    virtual void ask(PersonId person_id, Completion<bool> completion) const;

    /// The person with its names; absent when it doesn't exist. The default calls `contains` and has no
    /// names. Errors: those of `contains`.
    [[nodiscard]] virtual result<std::optional<KnownPerson>> find(PersonId person_id) const;

    /// Several persons: one entry for each id, in the given order. The default calls `find` for each.
    [[nodiscard]] virtual result<std::vector<std::optional<KnownPerson>>>
    find_all(std::span<const PersonId> persons) const;

    /// A page of persons. The work of a call is bounded, however rare the searched name is: a page may be
    /// short, or empty, and have a `next`. A person that exists from the first page to the last is in one
    /// page. The default is `person_not_listed`.
    [[nodiscard]] virtual result<PersonPage> list(const PersonQuery& query) const;

    /// Removes the person with its name, from the disk too; for `PersonImageService::erase`. The default is
    /// `person_kept_elsewhere`.
    [[nodiscard]] virtual result<ForgottenPerson> forget(PersonId person_id);
};

/// Contains every valid id, without names. Thread-safe.
class PORTRAIT_EXPORT AnyPersonDirectory final : public PersonDirectory {
public:
    /// `list` has the persons with a picture in the store; null: `person_not_listed`.
    explicit AnyPersonDirectory(std::shared_ptr<const ImageStore> store = nullptr);
    ~AnyPersonDirectory() override;

    [[nodiscard]] result<bool> contains(PersonId) const override { return true; }
    [[nodiscard]] result<PersonPage> list(const PersonQuery& query) const override;

private:
    std::shared_ptr<const ImageStore> store_;
};

} // namespace portrait
