#pragma once

#include <portrait/error.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <string>
#include <string_view>

namespace portrait_server::demo {

/// SuperOffice's own sample credential.
inline constexpr std::string_view user = "tje0";
inline constexpr std::string_view password = "Tje0";

/// The user's line for a users file.
[[nodiscard]] portrait::result<std::string> users_line();

/// Adds those of the persons 1 to 1000 who are not there; the names of the others stay.
[[nodiscard]] portrait::result<void> add_persons(portrait::sqlite::SqlitePersonDirectory& persons);

} // namespace portrait_server::demo
