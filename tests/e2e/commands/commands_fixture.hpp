#pragma once

#include "e2e/server_process.hpp"
#include "support/pictures.hpp"
#include "support/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Helpers for the tests of commands on a data folder.
namespace portrait::testing::commands {

inline std::string picture(std::uint32_t seed, std::size_t size = 3000) {
    const auto bytes = make_jpeg_of_size(size, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline ServerLaunch launch(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return {.folder = folder.path(), .arguments = std::move(arguments)};
}

inline ServerEnd run(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_server(launch(folder, std::move(arguments)));
}

/// A server with the demo user.
inline ServerLaunch serve(const TemporaryFolder& folder, const char* data = "portrait-data") {
    return launch(folder, {"--listen", "127.0.0.1:0", "--data", data, "--demo"});
}

} // namespace portrait::testing::commands
