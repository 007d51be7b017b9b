#include "callers/account_texts.hpp"

#include <portrait/try.hpp>

#include <utility>

namespace portrait::postgres {
namespace {

constexpr unsigned most_edit_attempts = 5;

constexpr Statement read_numbers{"read_auth_change", "SELECT number, texts FROM auth_change"};
constexpr Statement read_both{"read_account_texts",
                              "SELECT number, texts, coalesce((SELECT text FROM account_text WHERE name = "
                              "'users'), ''), coalesce((SELECT text "
                              "FROM account_text WHERE name = 'tokens'), '') FROM auth_change"};
constexpr Statement begin_edit{"begin_edit", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement lock_change{"lock_account_texts", "SELECT number FROM auth_change FOR UPDATE"};
constexpr Statement write_text{
    "write_account_text",
    "INSERT INTO account_text (name, text) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE "
    "SET text = excluded.text"};
constexpr Statement note_change{"note_account_texts",
                                "UPDATE auth_change SET number = number + 1, texts = texts + 1"};
constexpr Statement commit_edit{"commit_edit", "COMMIT"};

ReadTexts texts_of(const Rows& rows) {
    return {.change = {.number = rows.int8(0, 0), .texts = rows.int8(0, 1)},
            .texts = {.users = rows.string(0, 2), .tokens = rows.string(0, 3)}};
}

Failure missing_row() {
    return {.state = "XX001", .message = "the table auth_change is empty"};
}

/// Begins a transaction that has the texts for itself. A statement of its own reads them after the lock.
[[nodiscard]] attempt<CallerTexts> lock_texts(Connection& connection, Deadline deadline) {
    PORTRAIT_TRY(connection.send(begin_edit));
    PORTRAIT_TRY(connection.send(lock_change));
    PORTRAIT_TRY(connection.send(read_both));
    PORTRAIT_TRY_GET(outcomes, connection.finish_group(deadline));
    if (outcomes.back().empty())
        return missing_row();
    return texts_of(outcomes.back()).texts;
}

[[nodiscard]] result<void> write_texts(Connection& connection, const CallerTexts& before,
                                       const CallerTexts& after, Deadline deadline) {
    const auto send = [&]() -> attempt<void> {
        if (after.users != before.users)
            PORTRAIT_TRY(connection.send(write_text, Parameters::of("users", after.users)));
        if (after.tokens != before.tokens)
            PORTRAIT_TRY(connection.send(write_text, Parameters::of("tokens", after.tokens)));
        PORTRAIT_TRY(connection.send(note_change));
        return connection.send(commit_edit);
    };
    if (const auto sent = send(); !sent)
        return error_of(sent.error());
    const auto outcomes = connection.finish_group(deadline);
    if (!outcomes && outcomes.error().is_lost())
        return Error{errc::store_io}.with_cause("the answer to COMMIT was lost: " + outcomes.error().message);
    if (!outcomes)
        return error_of(outcomes.error());
    if (connection.take_unreplicated())
        return Error{errc::store_io}.with_cause("the commit was not confirmed by the standby");
    if (outcomes->back().tag() != "COMMIT")
        return Error{errc::store_io}.with_cause("COMMIT has rolled back");
    return {};
}

} // namespace

attempt<CallersChange> read_change(Connection& connection, Deadline deadline) {
    PORTRAIT_TRY_GET(rows, connection.run(read_numbers, {}, deadline));
    if (rows.empty())
        return missing_row();
    return CallersChange{.number = rows.int8(0, 0), .texts = rows.int8(0, 1)};
}

attempt<ReadTexts> read_texts(Connection& connection, Deadline deadline) {
    PORTRAIT_TRY_GET(rows, connection.run(read_both, {}, deadline));
    if (rows.empty())
        return missing_row();
    return texts_of(rows);
}

result<void> edit_texts(Connector& connector, const std::function<result<void>(CallerTexts& texts)>& change,
                        Deadline deadline) {
    // An error ends the connection, and with it the transaction.
    PORTRAIT_TRY_GET(connection, connector.open(deadline));
    auto before = lock_texts(*connection, deadline);
    for (unsigned attempts = 1; !before && is_worth_a_retry(before.error()) && attempts < most_edit_attempts;
         ++attempts) {
        PORTRAIT_TRY_GET(another, connector.open(deadline));
        connection = std::move(another);
        before = lock_texts(*connection, deadline);
    }
    if (!before)
        return error_of(before.error());
    auto after = *before;
    PORTRAIT_TRY(change(after));
    if (after == *before)
        return {};
    return write_texts(*connection, *before, after, deadline);
}

} // namespace portrait::postgres
