#include "rows/connection.hpp"

#include "rows/own_vfs.hpp"
#include "segments/file_descriptor.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace portrait::sqlite {
namespace {

constexpr int busy_timeout_milliseconds = 5000;
constexpr std::string_view roll_back_sql = "ROLLBACK";

/// The last errno that SQLite noted for a file of the database; 0 when there was none.
int last_errno_of(sqlite3* database, int which) noexcept {
    sqlite3_file* file = nullptr;
    int last = 0;
    if (sqlite3_file_control(database, "main", which, static_cast<void*>(&file)) == SQLITE_OK &&
        file != nullptr && file->pMethods != nullptr)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last);
    return last;
}

/// The errno of a failure. After a failed write SQLite notes errno only when it has rolled back; by then
/// another call may have set it.
int errno_of(sqlite3* database, int status) noexcept {
    if (database == nullptr)
        return 0;
    if (status == SQLITE_IOERR_WRITE)
        for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER})
            if (const int last = last_errno_of(database, which); last != 0)
                return last;
    return sqlite3_system_errno(database);
}

errc code_of_status(sqlite3* database, int status) noexcept {
    if (status == SQLITE_IOERR_SHMSIZE) // without errno
        return errc::store_full;
    if (status == SQLITE_IOERR_NOMEM)
        return errc::service_busy;
    switch (status & 0xff) {
    case SQLITE_FULL: return errc::store_full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return errc::store_read_only;
    case SQLITE_CORRUPT: return errc::store_corrupt;
    case SQLITE_NOTADB: return errc::store_not_a_database;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM: return errc::service_busy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: break;
    default: return errc::internal;
    }
    return code_of_errno(errno_of(database, status));
}

Error error_of_status(sqlite3* database, int status) {
    const auto* detail = database == nullptr ? sqlite3_errstr(status) : sqlite3_errmsg(database);
    return Error{code_of_status(database, status)}.with_cause(fmt::format("SQLite {}: {}", status, detail));
}

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

} // namespace

Query::~Query() {
    if (statement_ != nullptr) {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
}

void Query::note(int status) noexcept {
    if (failure_ == SQLITE_OK)
        failure_ = status;
}

void Query::bind_integer(std::int64_t value) noexcept {
    note(sqlite3_bind_int64(statement_, ++bound_, value));
}

void Query::bind(std::string_view text) noexcept {
    // A null pointer would bind NULL instead of an empty text.
    note(sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                             SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(std::span<const std::byte> bytes) noexcept {
    note(sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC));
}

void Query::bind(std::nullptr_t) noexcept {
    note(sqlite3_bind_null(statement_, ++bound_));
}

result<bool> Query::next() {
    const int status = failure_ != SQLITE_OK ? failure_ : sqlite3_step(statement_);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return error_of_status(database_, status);
    return status == SQLITE_ROW;
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

// A null value is no value or no memory; without this check an update would write an empty text.
void Query::check_memory(const void* value) const {
    if (value == nullptr && sqlite3_errcode(database_) == SQLITE_NOMEM)
        throw std::bad_alloc{};
}

std::string Query::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    check_memory(text);
    return text == nullptr
               ? std::string{}
               : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::span<const std::byte> Query::bytes(int column) const {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    check_memory(bytes);
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Connection::Connection(sqlite3* database) noexcept
    : database_{database} {
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, busy_timeout_milliseconds);
    // Replaces SQLite's own checkpoints, which ignore failures.
    sqlite3_wal_hook(database_, remember_log_pages, &log_pages_);
}

Connection::~Connection() {
    for (const auto& [sql, statement] : statements_)
        sqlite3_finalize(statement);
    sqlite3_close(database_);
}

result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path, Access access) {
    sqlite3* database = nullptr;
    // One thread at a time uses a connection, so SQLite needs no mutex of its own.
    const int status = sqlite3_open_v2(path.c_str(), &database,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                                       vfs_for(path));
    std::unique_ptr<sqlite3, decltype(&sqlite3_close)> opened{database, sqlite3_close};
    if (status != SQLITE_OK)
        return error_of_status(database, status);
    std::unique_ptr<Connection> connection{new Connection{opened.release()}};
    if (sqlite3_db_readonly(database, "main") == 1)
        return Error{errc::store_read_only}.with_cause("the database file is read-only");
    PORTRAIT_TRY(connection->execute("PRAGMA mmap_size = 0;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA foreign_keys = ON;"
                                     "PRAGMA secure_delete = ON;"
                                     "PRAGMA synchronous = FULL;"));
    if (access == Access::query_only)
        PORTRAIT_TRY(connection->execute("PRAGMA query_only = ON"));
    // Prepared now: a transaction has to be ended also when no memory is left.
    if (const auto [statement, prepared] = connection->prepared(roll_back_sql); prepared != SQLITE_OK)
        return error_of_status(connection->database_, prepared);
    return connection;
}

std::pair<sqlite3_stmt*, int> Connection::prepared(std::string_view sql) {
    // First, since it may throw: a statement that isn't here would keep the connection from being closed.
    auto& statement = statements_.try_emplace(sql, nullptr).first->second;
    if (statement != nullptr)
        return {statement, SQLITE_OK};
    const int status = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return {statement, status};
}

result<void> Connection::execute(const std::string& sql) {
    if (const int status = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
        status != SQLITE_OK)
        return error_of_status(database_, status);
    return {};
}

result<void> Connection::transact(const char* begin, const std::function<result<void>()>& work) {
    PORTRAIT_TRY(execute(begin));
    try {
        auto done = work();
        if (done)
            done = execute("COMMIT");
        if (!done)
            roll_back();
        return done;
    } catch (...) {
        roll_back();
        throw;
    }
}

bool Connection::roll_back() noexcept {
    if (sqlite3_get_autocommit(database_) == 0)
        try {
            (void)run(roll_back_sql);
            // NOLINTNEXTLINE(bugprone-empty-catch): no memory to report an error
        } catch (const std::bad_alloc&) {
        }
    return sqlite3_get_autocommit(database_) != 0;
}

result<std::int64_t> Connection::integer(std::string_view sql) {
    auto one = query(sql);
    PORTRAIT_TRY_GET(found, one.next());
    if (!found)
        return Error{errc::store_corrupt}.with_cause(fmt::format("no row: {}", sql));
    return one.integer(0);
}

void Connection::watch(Listener listener, void* context) noexcept {
    listener_ = listener;
    context_ = context;
    sqlite3_update_hook(
        database_,
        [](void* self, int /*operation*/, const char* /*database*/, const char* table, sqlite3_int64 id) {
            const auto& connection = *static_cast<const Connection*>(self);
            connection.listener_(connection.context_, table, id);
        },
        this);
}

result<void> Connection::checkpoint(bool truncate) {
    const int status = sqlite3_wal_checkpoint_v2(
        database_, nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, nullptr,
        nullptr);
    if (status == SQLITE_OK)
        log_pages_ = 0;
    else if (truncate || (status & 0xff) != SQLITE_BUSY)
        return error_of_status(database_, status);
    return {};
}

result<void> Connection::empty_log() {
    sqlite3_busy_timeout(database_, 0);
    auto emptied = checkpoint(true);
    sqlite3_busy_timeout(database_, busy_timeout_milliseconds);
    return emptied;
}

result<void> Connection::vacuum(std::uint64_t limit) {
    PORTRAIT_TRY_GET(page_size, integer("PRAGMA page_size"));
    PORTRAIT_TRY_GET(pages, integer("PRAGMA page_count"));
    const auto bytes = static_cast<std::uint64_t>(page_size) * static_cast<std::uint64_t>(pages);
    if (bytes > limit)
        return Error{errc::store_full}.with_limit(bytes, limit);
    return execute("VACUUM");
}

// Through SQLite's own descriptor: closing another one of the same file would end SQLite's locks.
result<bool> Connection::file_contains(std::string_view bytes) {
    sqlite3_file* file = nullptr;
    if (const int status =
            sqlite3_file_control(database_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
        status != SQLITE_OK)
        return error_of_status(database_, status);
    sqlite3_int64 size = 0;
    if (const int status = file->pMethods->xFileSize(file, &size); status != SQLITE_OK)
        return error_of_status(nullptr, status);
    constexpr std::size_t stretch = std::size_t{1} << 20;
    std::vector<char> buffer(stretch + bytes.size());
    for (sqlite3_int64 offset = 0; offset < size; offset += static_cast<sqlite3_int64>(stretch)) {
        const auto length = static_cast<std::size_t>(
            std::min<sqlite3_int64>(size - offset, static_cast<sqlite3_int64>(buffer.size())));
        const int status = file->pMethods->xRead(file, buffer.data(), static_cast<int>(length), offset);
        if (status != SQLITE_OK && status != SQLITE_IOERR_SHORT_READ)
            return error_of_status(nullptr, status);
        if (::memmem(buffer.data(), length, bytes.data(), bytes.size()) != nullptr)
            return true;
    }
    return false;
}

result<void>
Connection::copy_to(const std::filesystem::path& path,
                    const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress) {
    constexpr int pages_per_step = 1024;
    PORTRAIT_TRY_GET(page_size, integer("PRAGMA page_size"));
    const auto page_bytes = static_cast<std::uint64_t>(page_size);
    PORTRAIT_TRY_GET(copy, open(path, Access::read_write));
    auto* const backup = sqlite3_backup_init(copy->database_, "main", database_, "main");
    if (backup == nullptr)
        return error_of_status(copy->database_, sqlite3_errcode(copy->database_));
    int status = SQLITE_OK;
    bool wanted = true;
    while (status == SQLITE_OK && wanted) {
        status = sqlite3_backup_step(backup, pages_per_step);
        const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup));
        const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup));
        wanted = progress((total - left) * page_bytes, total * page_bytes);
    }
    const int finished = sqlite3_backup_finish(backup);
    if (status != SQLITE_DONE && !wanted)
        return Error{errc::cancelled};
    if (status != SQLITE_DONE)
        return error_of_status(finished == SQLITE_OK ? nullptr : copy->database_, status);
    return copy->execute("PRAGMA journal_mode = DELETE");
}

ConnectionPool::ConnectionPool(std::filesystem::path database, std::size_t limit)
    : database_{std::move(database)}
    , limit_{std::max<std::size_t>(limit, 1)} {
    idle_.reserve(limit_);
}

result<ConnectionPool::Lease> ConnectionPool::take() {
    {
        std::unique_lock lock{mutex_};
        returned_.wait(lock, [&] { return !idle_.empty() || made_ < limit_; });
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return Lease{connection.release(), GiveBack{*this}};
        }
        ++made_;
    }
    const auto give_up = [this] {
        {
            const std::scoped_lock lock{mutex_};
            --made_;
        }
        returned_.notify_one();
    };
    try {
        auto connection = Connection::open(database_, Connection::Access::query_only);
        if (connection)
            return Lease{connection->release(), GiveBack{*this}};
        give_up();
        return connection.error();
    } catch (...) { // no memory
        give_up();
        throw;
    }
}

void ConnectionPool::GiveBack::operator()(Connection* connection) const noexcept {
    {
        const std::scoped_lock lock{pool.mutex_};
        pool.idle_.emplace_back(connection);
    }
    pool.returned_.notify_one();
}

} // namespace portrait::sqlite
