#pragma once

#include <portrait/try.hpp>

#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace portrait::sqlite {

/// A prepared statement: steps and columns. Borrowed from its connection's cache and reset at the end of its
/// life.
class Query {
public:
    /// Binds the parameters in their order. Texts and bytes must live until the last step.
    template<class... Values>
    Query(sqlite3* database, sqlite3_stmt* statement, int failure, const Values&... values) noexcept
        : database_{database}
        , statement_{statement}
        , failure_{failure} {
        bind(values...);
    }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query();

    /// Binds the next parameters. `next` returns the error.
    template<class... Values>
    requires(sizeof...(Values) != 1) void bind(const Values&... values) noexcept { (bind(values), ...); }
    template<std::integral T>
    void bind(T value) noexcept {
        bind_integer(static_cast<std::int64_t>(value));
    }
    void bind(std::string_view text) noexcept;
    void bind(std::span<const std::byte> bytes) noexcept;
    void bind(std::nullptr_t) noexcept;

    /// Steps; true when there is a row.
    [[nodiscard]] result<bool> next();
    /// Runs a statement that returns no rows.
    [[nodiscard]] result<void> run() {
        return each([] {});
    }
    /// Calls `read` for each row that is left. `read` may return a `result<void>`, whose error ends this.
    template<class Read>
    [[nodiscard]] result<void> each(Read&& read) {
        for (;;) {
            PORTRAIT_TRY_GET(found, next());
            if (!found)
                return {};
            if constexpr (std::is_void_v<std::invoke_result_t<Read&>>)
                read();
            else
                PORTRAIT_TRY(read());
        }
    }

    std::int64_t integer(int column) const;
    std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    std::string text(int column) const;
    std::span<const std::byte> bytes(int column) const; ///< valid until the next step
    bool is_null(int column) const;

private:
    void check_memory(const void* value) const;
    void bind_integer(std::int64_t value) noexcept;
    void note(int status) noexcept;

    sqlite3* database_;
    sqlite3_stmt* statement_;
    int failure_;
    int bound_ = 0;
};

/// One connection to the database with its prepared statements, for one thread at a time.
class Connection {
public:
    enum class Access { read_write, query_only };

    /// Opens an existing file and doesn't check its content.
    [[nodiscard]] static result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                                  Access access);

    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The statement of a string literal, with its parameters.
    template<class... Values>
    Query query(std::string_view sql, const Values&... values) {
        const auto [statement, failure] = prepared(sql);
        return {database_, statement, failure, values...};
    }
    /// Runs a statement that returns no rows.
    template<class... Values>
    [[nodiscard]] result<void> run(std::string_view sql, const Values&... values) {
        return query(sql, values...).run();
    }
    /// Whether a statement returns a row.
    template<class... Values>
    [[nodiscard]] result<bool> has_row(std::string_view sql, const Values&... values) {
        return query(sql, values...).next();
    }
    /// Runs one or more statements and doesn't keep them.
    [[nodiscard]] result<void> execute(const std::string& sql);
    /// The integer that a statement returns in its only row.
    [[nodiscard]] result<std::int64_t> integer(std::string_view sql);
    /// Calls `work` inside a transaction that `begin`, such as "BEGIN", begins. Rolls back after an error.
    [[nodiscard]] result<void> transact(const char* begin, const std::function<result<void>()>& work);
    /// Ends the transaction if there is one; SQLite ends it by itself after some errors. False: an error kept
    /// it open.
    bool roll_back() noexcept;

    /// Calls this, with a table and an id, for each row that this connection inserts, changes or deletes in
    /// a table with integer keys. Deleting all rows of a table by one statement without a condition calls
    /// nothing.
    using Listener = void (*)(void* context, std::string_view table, std::int64_t id) noexcept;
    void watch(Listener listener, void* context) noexcept;

    /// Pages in the write-ahead log after the last commit of this connection.
    int log_pages() const noexcept { return log_pages_; }
    /// Copies the log into the database as far as readers allow. `truncate`: copies all of it and empties the
    /// log, or fails.
    [[nodiscard]] result<void> checkpoint(bool truncate);
    /// As `checkpoint(true)`, but fails at once with `service_busy` while a reader needs the log.
    [[nodiscard]] result<void> empty_log();
    /// Writes the database anew, without unused parts in its pages. `store_full` if it has more bytes than
    /// `limit`.
    [[nodiscard]] result<void> vacuum(std::uint64_t limit);
    /// Whether the database's file contains these bytes, in unused parts of its pages, too; the log isn't
    /// searched.
    [[nodiscard]] result<bool> file_contains(std::string_view bytes);
    /// Copies all pages, as the present transaction reads them, into a new file that needs no log. `progress`
    /// gets the bytes done and in all; false ends it with `cancelled`.
    [[nodiscard]] result<void>
    copy_to(const std::filesystem::path& path,
            const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress);

private:
    explicit Connection(sqlite3* database) noexcept;
    std::pair<sqlite3_stmt*, int> prepared(std::string_view sql);

    sqlite3* database_;
    int log_pages_ = 0;
    Listener listener_ = nullptr;
    void* context_ = nullptr;
    std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

/// Connections for readers, opened when they are needed and kept. Thread-safe.
class ConnectionPool {
public:
    struct GiveBack {
        ConnectionPool& pool;
        void operator()(Connection* connection) const noexcept;
    };
    /// A connection on loan; its end gives it back.
    using Lease = std::unique_ptr<Connection, GiveBack>;

    ConnectionPool(std::filesystem::path database, std::size_t limit);

    /// Waits while all connections are on loan.
    [[nodiscard]] result<Lease> take();

private:
    const std::filesystem::path database_;
    const std::size_t limit_;

    std::mutex mutex_;
    std::condition_variable returned_;
    std::size_t made_ = 0;
    std::vector<std::unique_ptr<Connection>> idle_;
};

} // namespace portrait::sqlite
