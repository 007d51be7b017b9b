#pragma once

#include "support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace portrait::testing {

/// A number in a file that a library preloaded into another process maps, too. 0 at first.
class SharedNumber {
public:
    explicit SharedNumber(const std::filesystem::path& path) {
        std::ofstream{path, std::ios::binary} << std::string(sizeof *value_, '\0');
        const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        REQUIRE(file >= 0);
        void* const shared = ::mmap(nullptr, sizeof *value_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        REQUIRE(shared != MAP_FAILED);
        value_ = static_cast<std::atomic<std::int64_t>*>(shared);
    }
    SharedNumber(const SharedNumber&) = delete;
    SharedNumber& operator=(const SharedNumber&) = delete;
    ~SharedNumber() { ::munmap(value_, sizeof *value_); }

    void set(std::int64_t number) { *value_ = number; }
    std::int64_t get() const { return *value_; }

private:
    std::atomic<std::int64_t>* value_ = nullptr;
};

} // namespace portrait::testing
