#pragma once

#include <filesystem>
#include <string_view>

namespace portrait::testing {

/// A file or folder of the source tree, such as "tests/support/make_pictures.sh".
std::filesystem::path source_path(std::string_view inside);

/// A program of this build, such as "portrait-server": all of them are in one folder with the test itself.
std::filesystem::path built_program(std::string_view name);

} // namespace portrait::testing
