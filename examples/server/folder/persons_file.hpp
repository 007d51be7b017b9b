#pragma once

#include "terminal/refusals.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portrait_server {

/// Reads persons from a CSV file (RFC 4180) of at most 256 MiB: lines of `id,name`, with names in quotes when
/// they hold commas or quotes. A first line whose id has no digit is a header. A UTF-8 byte order mark, LF
/// line ends and blank lines are accepted. A refusal has the path and, for a fault in the text, the line,
/// counted from 1.
[[nodiscard]] Outcome<std::vector<portrait::sqlite::Person>> read_persons(const std::filesystem::path& path);

/// A person of an id from 1 to 2147483647 and a name of at most 1,000 bytes of UTF-8 without control
/// characters.
[[nodiscard]] Outcome<portrait::sqlite::Person> make_person(std::string_view id, std::string_view name);

} // namespace portrait_server
