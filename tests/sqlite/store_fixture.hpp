#pragma once

#include "support/temporary_folder.hpp"

#include <portrait/sqlite/image_store.hpp>
#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

/// Helpers for the tests of the embedded store.
namespace portrait::testing {

using sqlite::SqliteImageStore;
using sqlite::SqliteOptions;

/// Options for tests: small segments, small steps, quick recovery.
inline SqliteOptions options_for(const std::filesystem::path& folder) {
    SqliteOptions options;
    options.folder = folder;
    options.segment_bytes = 256 * 1024;
    options.preallocation_bytes = 64 * 1024;
    options.reopen_delay = std::chrono::milliseconds{1};
    return options;
}

inline std::unique_ptr<SqliteImageStore> open_store(const SqliteOptions& options) {
    return SqliteImageStore::open(options).value();
}

inline std::unique_ptr<SqliteImageStore> open_store(const std::filesystem::path& folder) {
    return open_store(options_for(folder));
}

/// The rule of the error of opening, or "opened".
inline std::string rule_of_opening(const SqliteOptions& options) {
    const auto opened = SqliteImageStore::open(options);
    return opened ? "opened" : std::string{opened.error().rule()};
}

/// Runs SQL on a database that isn't open elsewhere. Returns the first integer, or 0.
std::int64_t run_sql(const std::filesystem::path& database, const std::string& sql);

/// Waits until the condition is true. False after 60 s.
template<class Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

} // namespace portrait::testing
