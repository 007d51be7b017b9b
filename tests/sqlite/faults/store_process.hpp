#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace portrait::testing {

/// A store in another process; see store_process_main.cpp. The destructor ends the process.
class StoreProcess {
public:
    /// `task` is "hold" or "save". With a user id the process changes its user first.
    StoreProcess(const char* task, const std::filesystem::path& folder, std::optional<unsigned> user = {});
    StoreProcess(const StoreProcess&) = delete;
    StoreProcess& operator=(const StoreProcess&) = delete;
    ~StoreProcess();

    /// The next line of its output; absent at the end.
    std::optional<std::string> line();
    pid_t id() const noexcept { return id_; }
    /// kill -9, and waits until it is gone.
    void kill();

private:
    pid_t id_ = -1;
    int input_ = -1;
    std::FILE* output_ = nullptr;
};

} // namespace portrait::testing
