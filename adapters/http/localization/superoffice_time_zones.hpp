#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace portrait::http {

/// A time zone of SuperOffice.
struct SuperOfficeTimeZone {
    std::string_view name; ///< short name, such as `NO` or `US-NY`
    std::string_view iana; ///< such as `Europe/Oslo`
    std::int32_t id = 0;   ///< SuperOffice's numeric id; 0: not published
};

/// The table of known zones, sorted by name.
std::span<const SuperOfficeTimeZone> superoffice_time_zones() noexcept;

} // namespace portrait::http
