#pragma once

#include <portrait/error.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portrait_server {

/// Reads a file's text, at most 256 MiB. The error's message is the reason alone, without the path.
[[nodiscard]] portrait::result<std::string> read_persons_file(const std::filesystem::path& path);

/// The persons of a CSV text (RFC 4180): lines of `id,name`, names in quotes where they hold commas, quotes
/// or line ends. A first line whose id has no digit is a header. A UTF-8 byte order mark, LF line ends and
/// blank lines are tolerated. An error names the line, counted from 1.
[[nodiscard]] portrait::result<std::vector<portrait::sqlite::Person>> parse_persons(std::string_view text);

/// Nothing when the name can be one: at most 1,000 bytes of UTF-8 without control characters. Otherwise what
/// is wrong.
std::string_view person_name_fault(std::string_view name);

} // namespace portrait_server
