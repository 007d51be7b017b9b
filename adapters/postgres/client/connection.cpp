#include "client/connection.hpp"

#include <portrait/try.hpp>

#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <libpq-fe.h>
#include <poll.h>

namespace portrait::postgres {
namespace {

/// Notes the warning after which a commit may be lost with the primary; drops all others.
void receive_notice(void* unreplicated, const PGresult* notice) {
    const char* const state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (state != nullptr && severity != nullptr && std::strcmp(state, "01000") == 0 &&
        std::strcmp(severity, "WARNING") == 0)
        *static_cast<bool*>(unreplicated) = true;
}

Failure failure_of(const PGresult* result) {
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return {.state = state != nullptr ? state : "",
            .message = message != nullptr ? message : PQresultErrorMessage(result)};
}

/// libpq's message in one line.
std::string one_line(std::string text) {
    boost::trim_right(text);
    boost::replace_all(text, "\n\t", "; ");
    boost::replace_all(text, "\n", "; ");
    return text;
}

/// Milliseconds for `poll`, rounded up.
int time_left(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Deadline::clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

} // namespace

void Connection::Closer::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

Connection::~Connection() = default;

Failure Connection::lose(std::string_view doing) {
    auto reason = connection_ ? one_line(PQerrorMessage(connection_.get())) : std::string{};
    lost_ = true;
    return {.state = {}, .message = fmt::format("{}: {}", doing, reason.empty() ? "no answer" : reason)};
}

attempt<void> Connection::wait(bool for_writing, Deadline deadline) {
    pollfd watched{.fd = PQsocket(connection_.get()),
                   .events = static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN),
                   .revents = 0};
    for (;;) {
        const int ready = ::poll(&watched, 1, time_left(deadline));
        if (ready > 0)
            return {};
        if (ready == 0) {
            lost_ = true;
            return Failure{.state = {}, .message = "the database didn't answer in time"};
        }
        if (errno != EINTR)
            return lose("poll");
    }
}

attempt<void> Connection::connect(Deadline deadline) {
    for (;;) {
        switch (PQconnectPoll(connection_.get())) {
        case PGRES_POLLING_OK: return {};
        case PGRES_POLLING_READING:
            if (auto waited = wait(false, deadline); !waited)
                return waited.error();
            break;
        case PGRES_POLLING_WRITING:
            if (auto waited = wait(true, deadline); !waited)
                return waited.error();
            break;
        default: {
            auto failure = lose("connecting");
            if (failure.message.find("session is read-only") != std::string::npos)
                failure.message += "; only a primary is accepted";
            return failure;
        }
        }
    }
}

attempt<std::unique_ptr<Connection>> Connection::open(const std::string& info, const Host& host,
                                                      const std::string& sslmode, const std::string& schema,
                                                      Deadline deadline) {
    if (!is_connection_string(info))
        return Failure{.state = {}, .message = not_a_connection_string};
    std::unique_ptr<Connection> opened{new Connection};
    // Values of the connection string win over those before it, and lose to those after it.
    const std::array names{"fallback_application_name",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "dbname",
                           "client_encoding",
                           "target_session_attrs",
                           "host",
                           "hostaddr",
                           "port",
                           "sslmode",
                           static_cast<const char*>(nullptr)};
    // An empty value is no value.
    const std::array values{"portrait",
                            "5",
                            "2",
                            "3",
                            info.c_str(),
                            "UTF8",
                            "read-write",
                            host.name.c_str(),
                            host.address.c_str(),
                            host.port.c_str(),
                            sslmode.c_str(),
                            static_cast<const char*>(nullptr)};
    opened->connection_.reset(PQconnectStartParams(names.data(), values.data(), 1));
    auto* const connection = opened->connection_.get();
    if (connection == nullptr)
        throw std::bad_alloc{};
    if (PQstatus(connection) == CONNECTION_BAD)
        return opened->lose("connecting");
    PQsetNoticeReceiver(connection, &receive_notice, &opened->unreplicated_);
    if (auto connected = opened->connect(deadline); !connected)
        return connected.error();
    if (PQsetnonblocking(connection, 1) != 0)
        return opened->lose("connecting");
    char* const quoted_schema = PQescapeIdentifier(connection, schema.data(), schema.size());
    if (quoted_schema == nullptr)
        return opened->lose("connecting");
    // glibc keeps freed memory up to twice the largest block that was freed so far. Without the last
    // statement PostgreSQL's process may get its memory from the kernel for each picture, in twice the time.
    const auto settings = fmt::format(
        "SET search_path = {}, pg_temp; SET jit = off; SET default_transaction_isolation = "
        "'read committed'; SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = "
        "'500ms'; SET statement_timeout = 0; SET bytea_output = 'hex'; SELECT length(repeat('x', 1048576))",
        quoted_schema);
    PQfreemem(quoted_schema);
    if (auto set = opened->run_text(settings, deadline); !set) {
        if (set.error().is_lost()) // it was made, and then ended
            set.error().state = connection_was_ended;
        return set.error();
    }
    if (PQenterPipelineMode(connection) != 1)
        return opened->lose("connecting");
    opened->pipelined_ = true;
    return opened;
}

attempt<void> Connection::send(const Statement& statement, const Parameters& parameters) {
    if (lost_)
        return lose(statement.name);
    auto* const connection = connection_.get();
    if (!prepared_.contains(&statement)) {
        if (PQsendPrepare(connection, statement.name, statement.text, 0, nullptr) != 1)
            return lose(statement.name);
        expected_.push_back(&statement);
        prepared_.insert(&statement);
    }
    const auto arguments = parameters.arguments();
    if (PQsendQueryPrepared(connection, statement.name, static_cast<int>(arguments.values.size()),
                            arguments.values.data(), arguments.lengths.data(), arguments.formats.data(),
                            1) != 1)
        return lose(statement.name);
    expected_.push_back(nullptr);
    return {};
}

attempt<void> Connection::end_group() {
    if (lost_ || PQpipelineSync(connection_.get()) != 1)
        return lose("sending");
    expected_.push_back(nullptr);
    return {};
}

attempt<bool> Connection::flush() {
    const int rest = lost_ ? -1 : PQflush(connection_.get());
    if (rest < 0)
        return lose("sending");
    return rest == 0;
}

attempt<void> Connection::receive() {
    if (lost_ || PQconsumeInput(connection_.get()) != 1)
        return lose("receiving");
    return {};
}

Reply Connection::reply_of(Rows rows, int status) {
    switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return {.kind = Reply::Kind::rows, .rows = std::move(rows)};
    case PGRES_PIPELINE_ABORTED: return {.kind = Reply::Kind::skipped};
    case PGRES_PIPELINE_SYNC: return {.kind = Reply::Kind::end_of_group};
    default: return {.kind = Reply::Kind::failed, .rows = std::move(rows)};
    }
}

std::optional<Reply> Connection::next() {
    auto* const connection = connection_.get();
    while (!lost_ && !expected_.empty() && PQisBusy(connection) == 0) {
        PGresult* const result = PQgetResult(connection);
        if (result == nullptr) { // between two statements, or the end
            lost_ = PQstatus(connection) == CONNECTION_BAD;
            continue;
        }
        const auto status = PQresultStatus(result);
        auto reply = reply_of(Rows{result}, status);
        if (reply.kind == Reply::Kind::failed)
            reply.failure = failure_of(result);
        const auto* const prepared = expected_.front();
        expected_.pop_front();
        if (prepared != nullptr) {
            // The statement that was to be prepared is skipped then; its reply has to have the failure.
            if (reply.kind == Reply::Kind::failed)
                failed_preparation_ = reply.failure;
            if (reply.kind != Reply::Kind::rows)
                prepared_.erase(prepared);
            continue;
        }
        if (failed_preparation_ && reply.kind == Reply::Kind::skipped) {
            reply.kind = Reply::Kind::failed;
            reply.failure = *std::exchange(failed_preparation_, std::nullopt);
        }
        return reply;
    }
    return std::nullopt;
}

int Connection::socket() const noexcept {
    return PQsocket(connection_.get());
}

int Connection::backend() const noexcept {
    return PQbackendPID(connection_.get());
}

bool Connection::take_unreplicated() noexcept {
    return std::exchange(unreplicated_, false);
}

attempt<std::vector<Rows>> Connection::finish_group(Deadline deadline) {
    if (auto ended = end_group(); !ended)
        return ended.error();
    std::vector<Rows> outcomes;
    std::optional<Failure> failure;
    for (bool all_sent = false;;) {
        if (!all_sent) {
            const auto flushed = flush();
            if (!flushed)
                return flushed.error();
            all_sent = *flushed;
        }
        while (auto reply = next()) {
            switch (reply->kind) {
            case Reply::Kind::rows: outcomes.push_back(std::move(reply->rows)); break;
            case Reply::Kind::failed:
                if (!failure)
                    failure = std::move(reply->failure);
                break;
            case Reply::Kind::skipped: break;
            case Reply::Kind::end_of_group:
                if (failure)
                    return *std::move(failure);
                return outcomes;
            }
        }
        if (auto waited = wait(!all_sent, deadline); !waited)
            return waited.error();
        if (auto received = receive(); !received)
            // PostgreSQL's last words, such as those of a termination, are the better failure.
            return failure ? *std::move(failure) : received.error();
    }
}

attempt<Rows> Connection::run(const Statement& statement, const Parameters& parameters, Deadline deadline) {
    if (auto sent = send(statement, parameters); !sent)
        return sent.error();
    auto outcomes = finish_group(deadline);
    if (!outcomes)
        return outcomes.error();
    return std::move(outcomes->front());
}

attempt<void> Connection::flush_all(Deadline deadline) {
    for (;;) {
        PORTRAIT_TRY_GET(all_sent, flush());
        if (all_sent)
            return {};
        PORTRAIT_TRY(wait(true, deadline));
        PORTRAIT_TRY(receive());
    }
}

attempt<void> Connection::begin_text(const std::string& text, Deadline deadline) {
    auto* const connection = connection_.get();
    if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF && PQexitPipelineMode(connection) != 1)
        return lose("leaving the pipeline");
    if (PQsendQuery(connection, text.c_str()) != 1)
        return lose("sending");
    return flush_all(deadline);
}

attempt<std::optional<Reply>> Connection::next_of_text(Deadline deadline) {
    auto* const connection = connection_.get();
    while (PQisBusy(connection) != 0) {
        PORTRAIT_TRY(wait(false, deadline));
        PORTRAIT_TRY(receive());
    }
    PGresult* const result = PQgetResult(connection);
    if (result == nullptr)
        return std::optional<Reply>{};
    const auto status = PQresultStatus(result);
    auto reply = reply_of(Rows{result}, status == PGRES_COPY_IN ? PGRES_COMMAND_OK : status);
    if (reply.kind == Reply::Kind::failed)
        reply.failure = failure_of(result);
    return std::optional{std::move(reply)};
}

attempt<Rows> Connection::finish_text(std::optional<Failure> failure, Deadline deadline) {
    Rows last;
    for (;;) {
        auto next = next_of_text(deadline);
        if (!next) // PostgreSQL's last words are the better failure
            return failure ? *std::move(failure) : next.error();
        if (!*next)
            break;
        if ((*next)->kind == Reply::Kind::failed && !failure)
            failure = (*next)->failure;
        last = (*next)->rows;
    }
    auto* const connection = connection_.get();
    if (PQstatus(connection) == CONNECTION_BAD)
        return failure ? *std::move(failure) : lose("receiving");
    if (pipelined_ && PQenterPipelineMode(connection) != 1)
        return lose("entering the pipeline");
    if (failure)
        return *std::move(failure);
    return last;
}

attempt<Rows> Connection::run_text(const std::string& text, Deadline deadline) {
    PORTRAIT_TRY(begin_text(text, deadline));
    return finish_text(std::nullopt, deadline);
}

attempt<void> Connection::put_copy_data(std::string_view data, Deadline deadline) {
    constexpr std::size_t piece = std::size_t{256} << 10U; // libpq's buffer keeps its largest size
    auto* const connection = connection_.get();
    for (; !data.empty(); data.remove_prefix(std::min(piece, data.size()))) {
        const auto length = static_cast<int>(std::min(piece, data.size()));
        if (PQputCopyData(connection, data.data(), length) != 1)
            return lose("sending");
        PORTRAIT_TRY(flush_all(deadline));
    }
    if (PQputCopyEnd(connection, nullptr) != 1)
        return lose("sending");
    return flush_all(deadline);
}

attempt<void> Connection::copy(const std::string& statement, std::string_view data, Deadline deadline) {
    PORTRAIT_TRY(begin_text(statement, deadline));
    PORTRAIT_TRY_GET(begun, next_of_text(deadline));
    std::optional<Failure> failure;
    if (begun && begun->kind == Reply::Kind::failed)
        failure = begun->failure;
    else
        PORTRAIT_TRY(put_copy_data(data, deadline));
    PORTRAIT_TRY(finish_text(std::move(failure), deadline));
    return {};
}

std::string Connection::place() const {
    const auto* const connection = connection_.get();
    const std::string_view host{PQhost(connection)};
    if (host.starts_with('/'))
        return fmt::format("postgresql:///{}?host={}&port={}", PQdb(connection), host, PQport(connection));
    return fmt::format("postgresql://{}:{}/{}", host, PQport(connection), PQdb(connection));
}

} // namespace portrait::postgres
