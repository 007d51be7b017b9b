#include "client/connector.hpp"

#include "client/connection_string.hpp"
#include "client/schema_version.hpp"

#include <portrait/try.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portrait::postgres {
namespace {

/// A connection that was made and ended, as by an operator, doesn't show that the database is away.
constexpr unsigned most_connections = 10;

constexpr Statement read_epoch{"read_epoch", "SELECT epoch, made_in = " PORTRAIT_PLACE_OF_STORE
                                             ", oldest_reader, tableoid::int8 FROM store"};
// An epoch is as short as a string without an allocation. Ids of the lost writes are skipped; those of a
// server that still writes to the old database are in this range for some time.
constexpr Statement begin_epoch{
    "begin_epoch",
    "WITH new AS (UPDATE store SET epoch = left(replace(gen_random_uuid()::text, '-', ''), 15), "
    "made_in = " PORTRAIT_PLACE_OF_STORE " WHERE made_in <> " PORTRAIT_PLACE_OF_STORE
    " RETURNING (SELECT setval('blob_id', least(last_value + CASE WHEN store.epoch = '' OR NOT is_called "
    "THEN 0 ELSE 1000000 END, 2147483648), is_called) FROM blob_id)) SELECT count(*) FROM new"};
constexpr Statement begin_transaction{"begin_new_epoch", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement commit_transaction{"commit_new_epoch", "COMMIT"};
// Also beyond the ids of the rows: the sequence may not be restored.
constexpr Statement force_epoch{
    "force_epoch",
    "WITH new AS (UPDATE store SET epoch = left(replace(gen_random_uuid()::text, '-', ''), 15), made_in "
    "= " PORTRAIT_PLACE_OF_STORE
    " RETURNING (SELECT setval('blob_id', least(greatest(last_value, (SELECT coalesce(max(blob_id), 0) FROM "
    "blob)) + 1000000, 2147483648)) FROM blob_id)) SELECT count(*) FROM new"};
constexpr Statement end_connections{
    "end_connections",
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
    "'portrait' AND datname = current_database() AND usename = current_user AND pid <> "
    "pg_backend_pid()"};

} // namespace

Connector::Connector(std::string info, std::string schema)
    : info_{std::move(info)}
    , sslmode_{added_sslmode(info_)}
    , hosts_{hosts_of(info_)}
    , schema_{std::move(schema)} {}

result<std::unique_ptr<Connection>> Connector::open_raw(Deadline deadline) {
    for (unsigned attempts = 1;; ++attempts) {
        auto opened = try_hosts(deadline);
        if (opened)
            return std::move(*opened);
        if (attempts == most_connections || !opened.error().is_one_of({connection_was_ended}))
            return note_fault(error_of(opened.error()));
    }
}

attempt<std::unique_ptr<Connection>> Connector::try_hosts(Deadline deadline) {
    Failure failure;
    const auto first = last_host_.load();
    for (std::size_t tried = 0; tried < hosts_.size(); ++tried) {
        const auto index = (first + tried) % hosts_.size();
        const auto now = Deadline::clock::now();
        const auto share =
            std::max(deadline - now, Deadline::duration{}) / static_cast<std::int64_t>(hosts_.size() - tried);
        auto opened = Connection::open(info_, hosts_[index], sslmode_, schema_, now + share);
        if (opened) {
            last_host_ = index;
            return std::move(*opened);
        }
        failure = {.state = std::move(opened.error().state),
                   .message =
                       (failure.message.empty() ? "" : failure.message + "; ") + opened.error().message};
    }
    return failure;
}

Error Connector::note_fault(Error error) {
    const std::scoped_lock lock{mutex_};
    reachable_ = false;
    fault_ = error;
    return error;
}

result<std::unique_ptr<Connection>> Connector::open(Deadline deadline) {
    for (unsigned attempts = 1;; ++attempts) {
        PORTRAIT_TRY_GET(connection, open_raw(deadline));
        const auto checked = check(*connection, deadline);
        if (checked)
            return std::move(connection);
        if (attempts == most_connections || checked.error() != errc::store_unreachable)
            return note_fault(checked.error());
    }
}

result<void> Connector::check(Connection& connection, Deadline deadline) {
    const auto found = find_epoch(connection, deadline);
    excluded_ = !found && found.error() == errc::store_newer_schema;
    if (!found) {
        connection.retire();
        return excluded_ ? note_fault(found.error()) : found.error();
    }
    set_epoch(connection.epoch);
    reachable_ = true;
    return {};
}

bool Connector::is_current(const Connection& connection) const {
    const std::scoped_lock lock{mutex_};
    return !excluded_ && connection.epoch == epoch_;
}

result<void> Connector::find_epoch(Connection& connection, Deadline deadline) {
    auto found = connection.run(read_epoch, {}, deadline);
    if (!found)
        return error_of(found.error());
    if (found->empty())
        return Error{errc::store_corrupt}.with_cause("the table store is empty");
    if (found->int4(0, 2) > schema_version)
        return Error{errc::store_newer_schema}.with_cause(fmt::format(
            "the tables may be used by servers of version {} or newer of them; this server's is {}",
            found->int4(0, 2), schema_version));
    if (!found->boolean(0, 1)) {
        for (const auto* const statement :
             {&begin_transaction, &begin_epoch, &read_epoch, &commit_transaction})
            if (const auto sent = connection.send(*statement); !sent)
                return error_of(sent.error());
        auto outcomes = connection.finish_group(deadline);
        if (!outcomes)
            return error_of(outcomes.error());
        found = std::move((*outcomes)[2]);
    }
    connection.epoch = found->string(0, 0);
    connection.store_table = found->int8(0, 3);
    return {};
}

result<std::string> Connector::make_epoch(Deadline deadline) {
    PORTRAIT_TRY_GET(connection, open(deadline));
    for (const auto* const statement : {&begin_transaction, &force_epoch, &read_epoch, &commit_transaction})
        if (const auto sent = connection->send(*statement); !sent)
            return error_of(sent.error());
    const auto outcomes = connection->finish_group(deadline);
    if (!outcomes)
        return error_of(outcomes.error());
    auto epoch = (*outcomes)[2].string(0, 0);
    set_epoch(epoch);
    if (const auto ended = connection->run(end_connections, {}, deadline); !ended)
        return error_of(ended.error());
    return epoch;
}

void Connector::set_epoch(const std::string& epoch) {
    std::function<void()> call;
    {
        const std::scoped_lock lock{mutex_};
        if (epoch_ == epoch)
            return;
        if (!epoch_.empty())
            call = new_epoch_;
        epoch_ = epoch;
    }
    if (call)
        call();
}

std::string Connector::epoch() const {
    const std::scoped_lock lock{mutex_};
    return epoch_;
}

void Connector::on_new_epoch(std::function<void()> call) {
    const std::scoped_lock lock{mutex_};
    new_epoch_ = std::move(call);
}

Error Connector::last_fault() const {
    const std::scoped_lock lock{mutex_};
    return fault_;
}

} // namespace portrait::postgres
