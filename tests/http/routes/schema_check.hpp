#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace portrait::testing {

/// What `reference`, such as `#/components/schemas/Error`, means in the document; other values are returned
/// as they are. Throws `std::runtime_error` when there is nothing.
const boost::json::value& resolved(const boost::json::object& document, const boost::json::value& value);

/// Checks a value against a JSON schema as far as the OpenAPI document uses it: type, properties, required,
/// additionalProperties, items, enum, minimum, maximum, maxLength, maxItems, $ref. An object may have no
/// property that the schema doesn't name. Returns what is wrong first; empty when nothing is.
std::string schema_violation(const boost::json::object& document, const boost::json::value& schema,
                             const boost::json::value& value);

} // namespace portrait::testing
