#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portrait {

/// Who does something: the SuperOffice associate that CreatedBy and UpdatedBy name (contract sections 3 and
/// 4).
struct Actor {
    std::int32_t associate_id = 0; ///< 0: nobody in particular; the entity's property is null then
    std::string name{};
    std::string full_name{};
    std::int32_t person_id = 0; ///< the associate's own person, 0 when there is none

    friend bool operator==(const Actor&, const Actor&) = default;
};

} // namespace portrait
