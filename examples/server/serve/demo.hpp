#pragma once

#include <portrait/error.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <string>
#include <string_view>

namespace portrait_server::demo {

/// The credential of SuperOffice's own examples.
inline constexpr std::string_view user = "tje0";
inline constexpr std::string_view password = "Tje0";

/// The demo user's line of a users file.
[[nodiscard]] portrait::result<std::string> users_line();

/// Adds the persons 1 to 1000 that are missing; existing ones keep their names.
[[nodiscard]] portrait::result<void> add_persons(portrait::sqlite::SqlitePersonDirectory& persons);

} // namespace portrait_server::demo
