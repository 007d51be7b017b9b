#include "callers/session_store.hpp"

#include "database/database.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::postgres {
namespace {

using http::Principal;
using http::SecretDigest;

constexpr std::chrono::seconds longest_writing_interval{60};
constexpr std::chrono::seconds longest_limit{1'000'000'000}; // PostgreSQL's times end

constexpr Statement insert_session{
    "insert_session",
    "INSERT INTO session (session, name, associate_id, actor_name, full_name, person_id, may_write, "
    "credential) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session) DO UPDATE SET name = excluded.name, "
    "associate_id = excluded.associate_id, actor_name = excluded.actor_name, full_name = excluded.full_name, "
    "person_id = excluded.person_id, may_write = excluded.may_write, credential = excluded.credential, "
    "started = excluded.started, used = excluded.used"};
// Leaves room for one more.
constexpr Statement make_room{
    "make_room_for_session",
    "WITH gone AS (DELETE FROM session WHERE session <> $1 AND session IN (SELECT session FROM "
    "(SELECT session FROM session ORDER BY used DESC, session OFFSET $2) oldest UNION SELECT "
    "session FROM (SELECT session FROM session WHERE name = $3 ORDER BY used DESC, session "
    "OFFSET $4) own) RETURNING 1), changed AS (UPDATE auth_change SET number = number + 1 WHERE "
    "EXISTS (SELECT 1 FROM gone)) SELECT count(*) FROM gone"};
constexpr Statement find_session{
    "find_session",
    "SELECT c.number, s.name, s.associate_id, s.actor_name, s.full_name, s.person_id, s.may_write, "
    "s.credential, "
    "(extract(epoch FROM now() - s.started) * 1000)::bigint, (extract(epoch FROM now() - s.used) * "
    "1000)::bigint "
    "FROM auth_change c LEFT JOIN session s ON s.session = $1 AND s.used > now() - $2::bigint * interval '1 "
    "second' AND s.started > now() - $3::bigint * interval '1 second'"};
constexpr Statement end_session{
    "end_session",
    "WITH gone AS (DELETE FROM session WHERE session = $1 RETURNING 1), changed AS (UPDATE auth_change SET "
    "number = number + 1 WHERE EXISTS (SELECT 1 FROM gone)) SELECT count(*) FROM gone"};
constexpr Statement use_sessions{
    "use_sessions",
    "UPDATE session SET used = greatest(used, now()) WHERE session IN (SELECT session FROM session "
    "WHERE session = ANY($1::bytea[]) FOR UPDATE SKIP LOCKED)"};
constexpr Statement delete_sessions{
    "delete_sessions",
    "DELETE FROM session WHERE session IN (SELECT session FROM session WHERE used <= now() - "
    "$1::bigint * interval '1 second' OR started <= now() - $2::bigint * interval '1 second' FOR "
    "UPDATE SKIP LOCKED)"};

std::string_view bytes_of(const SecretDigest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::int64_t seconds_of(std::chrono::seconds limit) {
    return std::min(limit, longest_limit).count();
}

std::int64_t others(std::size_t most) {
    return static_cast<std::int64_t>(std::clamp<std::size_t>(most, 1, std::size_t{1} << 40U)) - 1;
}

Error closed() {
    return Error{errc::store_unreachable}.with_cause("the store is closed");
}

Principal principal_of(const Rows& rows) {
    return {.name = rows.string(0, 1),
            .actor = {.associate_id = rows.int4(0, 2),
                      .name = rows.string(0, 3),
                      .full_name = rows.string(0, 4),
                      .person_id = rows.int4(0, 5)},
            .may_write = rows.boolean(0, 6),
            .credential = static_cast<std::uint64_t>(rows.int8(0, 7))};
}

/// Runs the statements that were sent as one transaction. Its commit counts only with the standby's.
[[nodiscard]] attempt<std::vector<Rows>> commit_group(Connection& connection, Deadline deadline) {
    (void)connection.take_unreplicated();
    auto outcomes = connection.finish_group(deadline);
    if (outcomes && connection.take_unreplicated())
        return Failure{.state = "01000", .message = "the commit was not confirmed by the standby"};
    return outcomes;
}

} // namespace

SessionCache::SessionCache(const http::SessionOptions& options)
    : options_{options}
    , writing_interval_{std::min<std::chrono::milliseconds>(
          longest_writing_interval, std::min<std::chrono::milliseconds>(options.idle, longest_limit) / 8)} {}

std::optional<Principal> SessionCache::find(const SecretDigest& session, std::int64_t number) {
    const std::scoped_lock lock{mutex_};
    auto* const found = sessions_.find(session);
    const auto now = Deadline::clock::now();
    if (found == nullptr || found->number != number || now >= found->ends ||
        std::chrono::floor<std::chrono::seconds>(now - found->used) >= options_.idle)
        return std::nullopt;
    note_use(session, sessions_.touch(session), now);
    return found->principal;
}

std::uint64_t SessionCache::removals() const {
    const std::scoped_lock lock{mutex_};
    return removals_;
}

void SessionCache::add(const SecretDigest& session, FoundSession found, std::uint64_t removals) {
    const std::scoped_lock lock{mutex_};
    if (removals != removals_)
        return;
    if (sessions_.find(session) == nullptr && sessions_.size() >= std::max<std::size_t>(options_.most, 1))
        sessions_.erase(sessions_.oldest().key);
    auto& added = sessions_.touch(session);
    added = std::move(found);
    note_use(session, added, Deadline::clock::now());
}

void SessionCache::note_use(const SecretDigest& session, FoundSession& found, Deadline now) {
    found.used = std::max(found.used, now);
    if (now - found.written < writing_interval_ || uses_.size() >= std::max<std::size_t>(options_.most, 1))
        return;
    uses_.push_back(session);
    found.written = now;
}

void SessionCache::forget(const SecretDigest& session) {
    const std::scoped_lock lock{mutex_};
    ++removals_;
    sessions_.erase(session);
}

void SessionCache::clear() {
    const std::scoped_lock lock{mutex_};
    ++removals_;
    sessions_ = {};
}

std::vector<SecretDigest> SessionCache::take_uses() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(uses_, {});
}

void SessionCache::give_back(const std::vector<SecretDigest>& uses) {
    const std::scoped_lock lock{mutex_};
    uses_.insert(uses_.end(), uses.begin(), uses.end());
}

PostgresSessionStore::PostgresSessionStore(std::weak_ptr<Database> database,
                                           std::shared_ptr<Freshness> freshness,
                                           std::shared_ptr<SessionCache> cache)
    : database_{std::move(database)}
    , freshness_{std::move(freshness)}
    , cache_{std::move(cache)} {}

void PostgresSessionStore::start(const SecretDigest& session, const Principal& principal,
                                 std::function<void(result<void>)> done) {
    const auto database = database_.lock();
    if (database == nullptr)
        return done(closed());
    const auto& options = cache_->options();
    auto room = Parameters::of(bytes_of(session), others(options.most), principal.name,
                               others(options.most_of_one_principal));
    const auto& actor = principal.actor;
    auto values =
        Parameters::of(bytes_of(session), principal.name, actor.associate_id, actor.name, actor.full_name,
                       actor.person_id, principal.may_write, static_cast<std::int64_t>(principal.credential));
    database->committer().submit(
        [room = std::move(room), values = std::move(values)](Connection& connection,
                                                             Deadline deadline) -> attempt<void> {
            PORTRAIT_TRY(connection.send(make_room, room));
            PORTRAIT_TRY(connection.send(insert_session, values));
            PORTRAIT_TRY(commit_group(connection, deadline));
            return {};
        },
        std::move(done));
}

void PostgresSessionStore::find(const SecretDigest& session,
                                std::function<void(result<std::optional<Principal>>)> done) {
    if (const auto number = freshness_->number())
        if (auto principal = cache_->find(session, *number))
            return done(std::move(principal));
    const auto database = database_.lock();
    if (database == nullptr)
        return done(closed());
    const auto& options = cache_->options();
    const auto take = [cache = cache_, session, begun = Deadline::clock::now(), removals = cache_->removals(),
                       done = std::move(done)](const result<Rows>& rows) {
        using std::chrono::milliseconds;
        if (!rows)
            return done(rows.error());
        if (rows->empty() || rows->is_null(0, 1))
            return done(std::optional<Principal>{});
        auto principal = principal_of(*rows);
        const auto lifetime = milliseconds{std::min(cache->options().lifetime, longest_limit)};
        cache->add(session,
                   {.principal = principal,
                    .number = rows->int8(0, 0),
                    .ends = begun + lifetime - milliseconds{rows->int8(0, 8)},
                    .used = begun,
                    .written = begun - milliseconds{rows->int8(0, 9)}},
                   removals);
        done(std::optional{std::move(principal)});
    };
    database->rows().submit(
        find_session,
        Parameters::of(bytes_of(session), seconds_of(options.idle), seconds_of(options.lifetime)), take);
}

void PostgresSessionStore::end(const SecretDigest& session, std::function<void(result<bool>)> done) {
    const auto database = database_.lock();
    if (database == nullptr)
        return done(closed());
    const auto existed = std::make_shared<bool>(false);
    auto statements = [values = Parameters::of(bytes_of(session)),
                       existed](Connection& connection, Deadline deadline) -> attempt<void> {
        PORTRAIT_TRY(connection.send(end_session, values));
        PORTRAIT_TRY_GET(outcomes, commit_group(connection, deadline));
        *existed = outcomes.front().int8(0, 0) != 0; // false for a repetition after a lost answer, too
        return {};
    };
    database->committer().submit(std::move(statements), [cache = cache_, session, existed,
                                                         done = std::move(done)](const result<void>& ended) {
        cache->forget(session);
        done(ended ? result<bool>{*existed} : ended.error());
    });
}

attempt<void> write_uses(Connection& connection, SessionCache& cache, Deadline deadline) {
    const auto uses = cache.take_uses();
    if (uses.empty())
        return {};
    const auto written = connection.run(use_sessions, Parameters::of(uses), deadline);
    if (written)
        return {};
    cache.give_back(uses);
    return written.error();
}

attempt<void> sweep_sessions(Connection& connection, const http::SessionOptions& options, Deadline deadline) {
    PORTRAIT_TRY(connection.run(
        delete_sessions, Parameters::of(seconds_of(options.idle), seconds_of(options.lifetime)), deadline));
    return {};
}

} // namespace portrait::postgres
