#pragma once

#include <portrait/clock.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <boost/system/result.hpp>

#include <string>

namespace portrait::http {

/// What SO-TimeZone asks for (contract section 5).
struct TimeZoneRequest {
    std::string
        name; ///< the zone recognised: SuperOffice's short name or an IANA name; empty when none was named
    std::string iana;            ///< the same zone for tzdata; empty when none was named
    bool include_offset = false; ///< `includeTZOffset` was there
};

/// Reads the field, its name in any case: SuperOffice's numeric id or short name, or an IANA name, with or
/// without `includeTZOffset`, in any case and order, separated by commas; repeated and blank tokens are
/// tolerated. A 400 that names the zone when it is unknown, and when two different ones are named. Opens the
/// system's tzdata for names that aren't SuperOffice's only; throws `std::runtime_error` when there is none.
[[nodiscard]] boost::system::result<TimeZoneRequest, Problem> requested_time_zone(const RequestHead& head);

/// A moment in ISO 8601, whole seconds. In UTC with `Z`, unless `convert` is set and a zone was named: then
/// as that zone's clocks show it, with its offset (`-05:00`) when that was asked for and without otherwise.
/// Throws `std::runtime_error` when the system's tzdata has vanished.
std::string render_date(Timestamp moment, const TimeZoneRequest& zone, bool convert);

} // namespace portrait::http
