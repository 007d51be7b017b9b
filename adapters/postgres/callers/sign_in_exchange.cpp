#include "callers/sign_in_exchange.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace portrait::postgres {
namespace {

using http::SecretDigest;

/// Rows that other servers have written while this one read are read again.
constexpr std::chrono::seconds overlap{5};

constexpr Statement reset_failures{
    "reset_failures", "DELETE FROM sign_in_failure WHERE key IN (SELECT key FROM sign_in_failure WHERE key = "
                      "ANY($1::bytea[]) ORDER BY key FOR UPDATE)"};
// As `MemorySignInCounter` counts: the time since the last attempt forgives before the next one counts.
// Sorted, so that two servers don't wait for each other.
constexpr Statement add_failures{
    "add_failures",
    "INSERT INTO sign_in_failure AS f (key, failures, last) SELECT key, failures, now() FROM "
    "unnest($1::bytea[], "
    "$2::int[]) AS change (key, failures) ORDER BY key ON CONFLICT (key) DO UPDATE SET failures = "
    "least(1000000, CASE "
    "WHEN excluded.failures <= 0 THEN greatest(f.failures + excluded.failures, 0) WHEN $3::bigint <= 0 THEN "
    "greatest(f.failures, 0) + excluded.failures ELSE greatest(f.failures - floor(extract(epoch FROM "
    "excluded.last "
    "- f.last) / $3::bigint)::int, 0) + excluded.failures END), last = CASE WHEN excluded.failures > 0 THEN "
    "excluded.last ELSE f.last END RETURNING key, greatest(failures, 0), (extract(epoch FROM "
    "clock_timestamp() - "
    "last) * 1000)::bigint"};
constexpr Statement add_known{
    "add_known_callers",
    "INSERT INTO known_caller (pair, used) SELECT DISTINCT pair, now() FROM unnest($1::bytea[]) "
    "AS pair ORDER BY pair ON CONFLICT (pair) DO UPDATE SET used = excluded.used"};
constexpr Statement read_all_known{
    "read_all_known_callers",
    "SELECT pair FROM (SELECT pair, used FROM known_caller ORDER BY used DESC LIMIT $1) "
    "AS newest ORDER BY used"};
constexpr Statement read_new_known{
    "read_new_known_callers",
    "SELECT pair FROM known_caller WHERE used > now() - $1::bigint * interval '1 second' "
    "ORDER BY used LIMIT $2"};
constexpr Statement sweep_failures{
    "sweep_failures", "DELETE FROM sign_in_failure WHERE key IN (SELECT key FROM sign_in_failure WHERE "
                      "$1::bigint > 0 AND last < "
                      "now() - failures * $1::bigint * interval '1 second' AND last < now() - interval '1 "
                      "minute' UNION SELECT key FROM "
                      "(SELECT key FROM sign_in_failure ORDER BY last DESC, key OFFSET $2) AS oldest)"};
constexpr Statement sweep_known{
    "sweep_known_callers",
    "DELETE FROM known_caller WHERE pair IN (SELECT pair FROM known_caller ORDER BY used "
    "DESC, pair OFFSET $1)"};

std::int64_t rows_for(std::size_t remembered) {
    return static_cast<std::int64_t>(std::clamp<std::size_t>(remembered, 1, std::size_t{1} << 24U));
}

SecretDigest digest_at(const Rows& rows, int row) {
    SecretDigest digest{};
    const auto bytes = rows.text(row, 0);
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

std::vector<SecretDigest> digests_of(const Rows& rows) {
    std::vector<SecretDigest> digests;
    digests.reserve(static_cast<std::size_t>(rows.count()));
    for (int row = 0; row < rows.count(); ++row)
        digests.push_back(digest_at(rows, row));
    return digests;
}

} // namespace

SignInExchange::SignInExchange(std::shared_ptr<http::MemorySignInCounter> counter,
                               const http::SignInLimits& limits)
    : counter_{std::move(counter)}
    , limits_{limits} {}

attempt<void> SignInExchange::exchange_counts(Connection& connection, Deadline deadline) {
    const auto changes = counter_->take_changes();
    auto written = write(connection, changes, deadline);
    if (!written)
        counter_->give_back(changes); // counted twice at worst
    return written;
}

attempt<void> SignInExchange::write(Connection& connection, const http::SignInChanges& changes,
                                    Deadline deadline) const {
    std::vector<SecretDigest> reset;
    std::vector<SecretDigest> keys;
    std::vector<std::int32_t> failures;
    keys.reserve(changes.counts.size());
    failures.reserve(changes.counts.size());
    for (const auto& change : changes.counts) {
        if (change.is_reset)
            reset.push_back(change.key);
        keys.push_back(change.key);
        failures.push_back(change.failures);
    }
    if (!reset.empty())
        PORTRAIT_TRY(connection.run(reset_failures, Parameters::of(reset), deadline));
    if (!keys.empty()) {
        PORTRAIT_TRY_GET(rows, connection.run(add_failures,
                                              Parameters::of(keys, failures,
                                                             std::int64_t{limits_.forgive_one_after.count()}),
                                              deadline));
        std::vector<http::SignInTotal> totals;
        totals.reserve(keys.size());
        for (int row = 0; row < rows.count(); ++row)
            totals.push_back({.key = digest_at(rows, row),
                              .failures = static_cast<std::uint32_t>(rows.int4(row, 1)),
                              .age = std::chrono::milliseconds{rows.int8(row, 2)}});
        counter_->set_totals(totals);
    }
    if (!changes.known.empty())
        PORTRAIT_TRY(connection.run(add_known, Parameters::of(changes.known), deadline));
    return {};
}

attempt<void> SignInExchange::read_known(Connection& connection, Deadline deadline) {
    const auto begun = Deadline::clock::now();
    const auto most = rows_for(limits_.remembered);
    const auto since = std::chrono::ceil<std::chrono::seconds>(begun - read_at_.value_or(begun)) + overlap;
    PORTRAIT_TRY_GET(rows, read_at_
                               ? connection.run(read_new_known,
                                                Parameters::of(std::int64_t{since.count()}, most), deadline)
                               : connection.run(read_all_known, Parameters::of(most), deadline));
    counter_->add_known(digests_of(rows));
    read_at_ = begun;
    return {};
}

attempt<void> SignInExchange::sweep(Connection& connection, Deadline deadline) const {
    // Networks and names.
    PORTRAIT_TRY(connection.run(
        sweep_failures,
        Parameters::of(std::int64_t{limits_.forgive_one_after.count()}, 2 * rows_for(limits_.remembered)),
        deadline));
    PORTRAIT_TRY(connection.run(sweep_known, Parameters::of(rows_for(limits_.remembered)), deadline));
    return {};
}

} // namespace portrait::postgres
