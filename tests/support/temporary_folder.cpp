#include "support/temporary_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

namespace portrait::testing {
namespace {

struct stat status_of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), path.string()};
    return status;
}

} // namespace

TemporaryFolder::TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "portrait-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::system_error{errno, std::generic_category(), name};
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

unsigned mode_of(const std::filesystem::path& path) {
    return status_of(path).st_mode & 07777U;
}

std::uint64_t disk_usage(const std::filesystem::path& path) {
    return static_cast<std::uint64_t>(status_of(path).st_blocks) * 512;
}

void damage_byte(const std::filesystem::path& path, std::uint64_t offset) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(~file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
}

} // namespace portrait::testing
