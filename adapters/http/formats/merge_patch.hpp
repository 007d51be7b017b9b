#pragma once

#include <boost/json/value.hpp>

namespace portrait::http {

/// The target after a JSON merge patch (RFC 7396): null removes a member, an object merges, anything else
/// replaces. Names match in any case; of members with one name the last wins. `patch` has to be of bounded
/// depth, as `read_json` gives it.
boost::json::value merged(boost::json::value target, const boost::json::value& patch);

} // namespace portrait::http
