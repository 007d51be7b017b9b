#include "places.hpp"

namespace portrait::testing {

std::filesystem::path source_path(std::string_view inside) {
    return std::filesystem::path{PORTRAIT_SOURCE_FOLDER} / inside;
}

std::filesystem::path built_program(std::string_view name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

} // namespace portrait::testing
