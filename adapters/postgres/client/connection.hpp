#pragma once

#include "client/connection_string.hpp"
#include "client/failure.hpp"
#include "client/parameters.hpp"
#include "client/rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

struct pg_conn;

namespace portrait::postgres {

using Deadline = std::chrono::steady_clock::time_point;

/// A statement that a connection prepares when it is used first. Has to live as long as the program; it is
/// known by its address.
struct Statement {
    const char* name; ///< unique
    const char* text; ///< names its columns: other columns may be added while the server runs
};

/// The outcome of a statement, or the end of a group of them.
struct Reply {
    enum class Kind {
        rows,
        failed,
        skipped, ///< a statement of the group before it has failed
        end_of_group
    };
    Kind kind = Kind::rows;
    Rows rows{};
    Failure failure{}; ///< of `failed`
};

/// A connection in pipeline mode: statements are sent without waiting for the outcomes of earlier ones. A
/// group of statements ends with `end_group`; after a failure the rest of its group is skipped. Not
/// synchronised. After a lost connection every call fails.
class Connection {
public:
    /// Connects and applies the settings of the session. `info` is a connection string or URI; a `sslmode`
    /// that isn't empty goes before its own.
    [[nodiscard]] static attempt<std::unique_ptr<Connection>> open(const std::string& info, const Host& host,
                                                                   const std::string& sslmode,
                                                                   const std::string& schema,
                                                                   Deadline deadline);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // Building blocks for a loop over many connections; they don't block.

    [[nodiscard]] attempt<void> send(const Statement& statement, const Parameters& parameters = {});
    [[nodiscard]] attempt<void> end_group();
    /// Writes what can be written; false: call it again when the socket is writable.
    [[nodiscard]] attempt<bool> flush();
    /// Reads what has arrived.
    [[nodiscard]] attempt<void> receive();
    /// The next reply; absent: it has not arrived.
    [[nodiscard]] std::optional<Reply> next();
    int socket() const noexcept;

    /// Sends the group that was begun and waits for its outcomes, one for each statement. The failure is the
    /// first one of the group.
    [[nodiscard]] attempt<std::vector<Rows>> finish_group(Deadline deadline);
    /// `send` and `finish_group`.
    [[nodiscard]] attempt<Rows> run(const Statement& statement, const Parameters& parameters,
                                    Deadline deadline);
    /// Runs a text of one or more statements outside of the pipeline, which has to be empty.
    [[nodiscard]] attempt<Rows> run_text(const std::string& text, Deadline deadline);
    /// Runs a COPY FROM STDIN with this data outside of the pipeline, which has to be empty.
    [[nodiscard]] attempt<void> copy(const std::string& statement, std::string_view data, Deadline deadline);

    /// Whether the connection is usable.
    bool is_alive() const noexcept { return !lost_; }
    /// Makes it unusable: it leads to a state of the store that is over.
    void retire() noexcept { lost_ = true; }
    /// Statements whose outcomes have not been taken by `next`.
    std::size_t unanswered() const noexcept { return expected_.size(); }
    /// Takes the warning that a commit was acknowledged without the standby, if there was one since the last
    /// call.
    bool take_unreplicated() noexcept;
    /// The server's process of this connection.
    int backend() const noexcept;
    /// The server and the database, as a URI without user and password.
    std::string place() const;

    /// Name of the store's present state in the database when this connection was opened.
    std::string epoch;
    /// The number of the table `store` then. A restoration makes another one.
    std::int64_t store_table = 0;

private:
    struct Closer {
        void operator()(pg_conn* connection) const noexcept;
    };

    Connection() = default;

    Failure lose(std::string_view doing);
    [[nodiscard]] attempt<void> wait(bool for_writing, Deadline deadline);
    [[nodiscard]] attempt<void> connect(Deadline deadline);
    static Reply reply_of(Rows rows, int status);
    [[nodiscard]] attempt<void> flush_all(Deadline deadline);
    // Outside of the pipeline.
    [[nodiscard]] attempt<void> begin_text(const std::string& text, Deadline deadline);
    /// The next outcome of a text; absent: there are no more.
    [[nodiscard]] attempt<std::optional<Reply>> next_of_text(Deadline deadline);
    [[nodiscard]] attempt<void> put_copy_data(std::string_view data, Deadline deadline);
    /// Waits for the last outcome and begins the pipeline again. `failure` is an earlier one.
    [[nodiscard]] attempt<Rows> finish_text(std::optional<Failure> failure, Deadline deadline);

    std::unique_ptr<pg_conn, Closer> connection_;
    std::unordered_set<const Statement*> prepared_;
    std::deque<const Statement*> expected_; ///< results: of a preparation, or null
    std::optional<Failure> failed_preparation_;
    bool lost_ = false;
    bool pipelined_ = false; ///< but for texts
    bool unreplicated_ = false;
};

} // namespace portrait::postgres
