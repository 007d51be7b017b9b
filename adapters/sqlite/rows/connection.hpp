#pragma once

#include <portrait/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace portrait::sqlite {

/// A prepared statement at work: bind, step, read columns. Borrowed from its connection's cache and reset
/// when this object goes. An error of preparing or binding is told by the next step.
class Query {
public:
    Query(sqlite3* database, sqlite3_stmt* statement, int failure) noexcept
        : database_{database}
        , statement_{statement}
        , failure_{failure} {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query();

    /// Binds the next parameter. Texts and bytes have to stay until the last step.
    Query& bind(std::int64_t value);
    Query& bind(std::string_view text);
    Query& bind(std::span<const std::byte> bytes);
    Query& bind(std::nullptr_t);
    template<class T>
    Query& bind(const std::optional<T>& value) {
        return value ? bind(*value) : bind(nullptr);
    }

    /// True when there is a row.
    [[nodiscard]] result<bool> next();
    /// Runs a statement that gives no rows.
    [[nodiscard]] result<void> run();

    std::int64_t integer(int column) const;
    std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    std::string text(int column) const;
    std::span<const std::byte> bytes(int column) const; ///< valid until the next step
    bool is_null(int column) const;

private:
    void note(int status) noexcept;

    sqlite3* database_;
    sqlite3_stmt* statement_;
    int failure_;
    int bound_ = 0;
};

/// One connection to the database and its prepared statements. Not thread-safe: one thread at a time.
class Connection {
public:
    enum class Access { read_write, query_only };

    /// Opens an existing file. Doesn't judge what is in it.
    [[nodiscard]] static result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                                  Access access);
    /// Opens an existing file for queries by a VFS that never blocks; a lock that is taken is an error at
    /// once. Opening itself may block.
    [[nodiscard]] static result<std::unique_ptr<Connection>>
    open_non_blocking(const std::filesystem::path& path, const std::string& vfs);

    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The statement of this text, which has to be a string literal or live as long.
    Query query(std::string_view sql);
    /// Runs one or more statements that aren't worth keeping.
    [[nodiscard]] result<void> execute(const std::string& sql);
    /// The single integer that a statement gives.
    [[nodiscard]] result<std::int64_t> integer(std::string_view sql);

    /// Whether a transaction is open; SQLite ends one by itself after some errors.
    bool in_transaction() const noexcept;
    /// Pages in the write-ahead log after the last commit of this connection.
    int log_pages() const noexcept { return log_pages_; }
    /// Copies the log into the database as far as readers allow. `truncate`: all of it, or an error.
    [[nodiscard]] result<void> checkpoint(bool truncate);
    /// Copies all pages, as the present transaction sees them, into a new file that needs no log. `progress`
    /// gets the bytes done and in all; false ends it with `cancelled`.
    [[nodiscard]] result<void>
    copy_to(const std::filesystem::path& path,
            const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress);

private:
    explicit Connection(sqlite3* database) noexcept;
    [[nodiscard]] static result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                                  Access access, const char* vfs);

    sqlite3* database_;
    int log_pages_ = 0;
    std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

} // namespace portrait::sqlite
