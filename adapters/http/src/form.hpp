#pragma once

#include <portrait/http/problem.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// A form may have this many fields.
inline constexpr std::size_t max_form_fields = 1000;

struct FormField {
    std::string name;
    std::string value;
};

/// Reads a body of `application/x-www-form-urlencoded`, in its order; a field without `=` has an empty value.
/// Refused with 400: a malformed percent-escape, what decodes to anything but UTF-8, or more than
/// `max_form_fields`.
boost::system::result<std::vector<FormField>, Problem> read_form(std::string_view body);

} // namespace portrait::http
