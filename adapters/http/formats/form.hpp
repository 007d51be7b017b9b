#pragma once

#include <portrait/http/problem.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// A form may have this many fields.
inline constexpr std::size_t max_form_fields = 1000;
/// The name of a field may have this many bytes, as it is encoded.
inline constexpr std::size_t max_form_name_length = 1024;

struct FormField {
    std::string name;
    std::string value;
};

/// Reads a body of `application/x-www-form-urlencoded`, in its order; a field without `=` has an empty value.
/// 400 for a malformed percent-escape, a name or value that is not UTF-8, more than `max_form_fields`, or a
/// name longer than `max_form_name_length`.
[[nodiscard]] ProblemOr<std::vector<FormField>> read_form(std::string_view body);

} // namespace portrait::http
