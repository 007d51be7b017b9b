#pragma once

#include <portrait/clock.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace portrait::http {

/// SO-TimeZone (contract section 5). Both names are empty when the request names no zone.
struct TimeZoneRequest {
    std::string name;            ///< SuperOffice's short name or an IANA name
    std::string iana;            ///< for tzdata
    bool include_offset = false; ///< `includeTZOffset` was there
};

/// Reads the field: SuperOffice's numeric id or short name, or an IANA name, with or without
/// `includeTZOffset`, in any case and order, separated by commas; repeated and blank tokens are tolerated.
/// 400 for an unknown zone and for two different ones. Opens the system's tzdata for names that aren't
/// SuperOffice's only; throws `std::runtime_error` when there is none.
[[nodiscard]] ProblemOr<TimeZoneRequest> requested_time_zone(const RequestHead& head);

/// Formats a moment in ISO 8601, whole seconds. In UTC with `Z`; if `convert` is set and a zone was named, in
/// local time of that zone, with its offset (`-05:00`) if `include_offset` is set. Throws
/// `std::runtime_error` when the system's tzdata has vanished.
std::string render_date(Timestamp moment, const TimeZoneRequest& zone, bool convert);

/// A time zone of SuperOffice.
struct SuperOfficeTimeZone {
    std::string_view name; ///< short name, such as `NO` or `US-NY`
    std::string_view iana; ///< such as `Europe/Oslo`
    std::int32_t id = 0;   ///< SuperOffice's numeric id; 0: not published
};

/// The table of known zones, sorted by name.
std::span<const SuperOfficeTimeZone> superoffice_time_zones() noexcept;

} // namespace portrait::http
