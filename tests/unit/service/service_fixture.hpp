#pragma once

#include "support/manual_clock.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/person_image_service.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>

namespace portrait::testing::service {

inline PersonId person(std::int32_t value) {
    return PersonId::from(value).value();
}

inline const Actor ada{.associate_id = 5, .name = "ada", .full_name = "Ada Lovelace", .person_id = 12};
inline const Actor bob{.associate_id = 6, .name = "bob", .full_name = "Bob", .person_id = 13};

/// A service over a store in memory, with the persons 1 and 2.
struct ServiceFixture {
    std::shared_ptr<MemoryImageStore> store = std::make_shared<MemoryImageStore>();
    std::shared_ptr<MemoryPersonDirectory> directory =
        std::make_shared<MemoryPersonDirectory>(std::initializer_list<PersonId>{person(1), person(2)});
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    PersonImageService service{store, directory, Limits{}, clock};
};

} // namespace portrait::testing::service
