#pragma once

#include <portrait/image_info.hpp>
#include <portrait/person_directory.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portrait {

/// The persons that `PersonImageService::persons` lists.
struct PersonListing {
    /// An id in decimal digits, or a part of the full name in any case (see `NameSearch`); empty: all
    /// persons.
    std::string search{};
    /// True: only persons with a picture; false: only those without; absent: both.
    std::optional<bool> has_image{};
    /// `ListedPersons::next` of the page before; absent: the first page.
    std::optional<std::int32_t> after{};
    std::size_t limit = 50; ///< most persons of the page, at least 1
};

/// A person of the directory, and the version of its picture.
struct ListedPerson {
    KnownPerson person;
    std::optional<ImageVersion> image{}; ///< absent: no picture
};

/// A page of persons.
struct ListedPersons {
    std::vector<ListedPerson> persons{}; ///< perhaps fewer than the limit, or none
    std::optional<std::int32_t> next{}; ///< `PersonListing::after` of the next page; absent: this is the last
};

} // namespace portrait
