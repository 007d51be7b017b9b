#include "store_fixture.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace portrait::testing {

std::int64_t run_sql(const std::filesystem::path& database, const std::string& sql) {
    sqlite3* opened = nullptr;
    std::int64_t first = 0;
    const auto remember = [](void* value, int, char** columns, char**) {
        *static_cast<std::int64_t*>(value) = columns[0] == nullptr ? 0 : std::stoll(columns[0]);
        return 0;
    };
    auto status = sqlite3_open(database.c_str(), &opened);
    if (status == SQLITE_OK)
        status = sqlite3_exec(opened, sql.c_str(), remember, &first, nullptr);
    const std::string message = sqlite3_errmsg(opened);
    sqlite3_close(opened);
    if (status != SQLITE_OK)
        throw std::runtime_error{message};
    return first;
}

} // namespace portrait::testing
