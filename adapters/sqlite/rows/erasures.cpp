#include "rows/erasures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace portrait::sqlite {
namespace {

constexpr std::string_view select_all =
    "SELECT person_id, epoch, number, erased_at, sequence FROM erasure ORDER BY erased_at, number";
constexpr std::string_view select_of_person =
    "SELECT person_id, epoch, number, erased_at, sequence FROM erasure WHERE person_id = ? "
    "ORDER BY erased_at, number";

} // namespace

result<std::string> read_epoch(Connection& connection) {
    auto query = connection.query("SELECT epoch FROM store");
    PORTRAIT_TRY_GET(found, query.next());
    if (!found)
        return Error{errc::store_corrupt}.with_cause("the epoch is missing");
    return query.text(0);
}

result<void> renew_epoch(Connection& connection) {
    return connection.run("UPDATE store SET epoch = lower(hex(randomblob(12)))");
}

result<std::int64_t> count_erasures(Connection& connection, const std::string& epoch) {
    auto query = connection.query("SELECT coalesce(max(number), 0) FROM erasure WHERE epoch = ?",
                                  std::string_view{epoch});
    PORTRAIT_TRY(query.next());
    return query.integer(0);
}

result<void> insert_erasure(Connection& connection, const ErasureRow& row) {
    auto query =
        connection.query("INSERT OR IGNORE INTO erasure (person_id, epoch, number, erased_at, sequence) "
                         "VALUES (?, ?, ?, ?, ?)",
                         row.person_id.value(), std::string_view{row.erasure.epoch}, row.erasure.number,
                         row.erasure.at.time_since_epoch().count());
    if (row.sequence)
        query.bind(*row.sequence);
    else
        query.bind(nullptr);
    return query.run();
}

result<std::vector<ErasureRow>> find_erasures(Connection& connection, std::optional<PersonId> person_id) {
    auto query = connection.query(person_id ? select_of_person : select_all);
    if (person_id)
        query.bind(person_id->value());
    std::vector<ErasureRow> rows;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        const auto id = PersonId::from(query.integer(0));
        if (!id)
            return Error{errc::store_corrupt}.with_cause("an erased person's id is out of range");
        rows.push_back({.person_id = *id,
                        .erasure = {.epoch = query.text(1),
                                    .number = query.integer(2),
                                    .at = Timestamp{std::chrono::milliseconds{query.integer(3)}}}});
        if (!query.is_null(4))
            rows.back().sequence = query.unsigned_integer(4);
        return {};
    }));
    return rows;
}

result<void> check_not_erased(Connection& connection, PersonId person_id,
                              const std::optional<ImportOrigin>& origin) {
    PORTRAIT_TRY_GET(forgotten, connection.has_row("SELECT 1 FROM forgotten_person WHERE person_id = ?",
                                                   person_id.value()));
    if (forgotten)
        return Error{errc::person_unknown, fmt::format("Person id {} not found", person_id.value())};
    return origin ? check_not_erased_since(connection, person_id, origin->exported) : result<void>{};
}

result<void> check_not_erased_since(Connection& connection, PersonId person_id,
                                    const ExportMoment& exported) {
    PORTRAIT_TRY_GET(rows, find_erasures(connection, person_id));
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const ErasureRow& row) { return exported.is_before(row.erasure); }))
        return Error{errc::person_erased};
    return {};
}

} // namespace portrait::sqlite
