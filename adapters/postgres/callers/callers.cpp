#include <portrait/postgres/callers.hpp>

#include "callers/callers_loop.hpp"
#include "callers/fresh_authenticator.hpp"
#include "database/database.hpp"

#include <portrait/try.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::chrono::seconds callers_limit{10};
constexpr Statement read_key{"read_sign_in_key", "SELECT text FROM account_text WHERE name = 'sign_in_key'"};

std::optional<http::SecretDigest> parse_key(std::string_view line) {
    return http::parse_hexadecimal(line.ends_with('\n') ? line.substr(0, line.size() - 1) : line);
}

} // namespace

class PostgresCallers::State {
public:
    State(std::shared_ptr<Database> of, const http::SecretDigest& secret, ReadTexts texts)
        : database{std::move(of)}
        , key{secret}
        , loop{database->connector(), freshness, std::move(texts)} {}

    const std::shared_ptr<Database> database;
    const http::SecretDigest key;
    const std::shared_ptr<Freshness> freshness = std::make_shared<Freshness>();
    CallersLoop loop; // the last member: it stops before the others go
};

PostgresCallers::PostgresCallers(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

PostgresCallers::~PostgresCallers() = default;

result<std::unique_ptr<PostgresCallers>> PostgresCallers::open(std::shared_ptr<Database> database) {
    const auto deadline = Deadline::clock::now() + callers_limit;
    PORTRAIT_TRY_GET(connection, database->connector().open(deadline));
    const auto found = connection->run(read_key, {}, deadline);
    if (!found)
        return error_of(found.error());
    const auto key = found->empty() ? std::nullopt : parse_key(found->text(0, 0));
    if (!key)
        return Error{errc::store_corrupt}.with_cause(
            "the row sign_in_key of the table account_text isn't a line of 64 hexadecimal digits");
    auto texts = read_texts(*connection, deadline);
    if (!texts)
        return error_of(texts.error());
    return std::unique_ptr<PostgresCallers>{
        new PostgresCallers{std::make_unique<State>(std::move(database), *key, *std::move(texts))}};
}

const http::SecretDigest& PostgresCallers::key() const noexcept {
    return state_->key;
}

std::shared_ptr<http::SessionStore> PostgresCallers::sessions(const http::SessionOptions& options) {
    auto cache = std::make_shared<SessionCache>(options);
    state_->loop.add(cache);
    return std::make_shared<PostgresSessionStore>(state_->database, state_->freshness, std::move(cache));
}

std::shared_ptr<http::SignInCounter> PostgresCallers::sign_in_counter(const http::SignInLimits& limits) {
    auto counter = std::make_shared<http::MemorySignInCounter>(limits);
    counter->restore(http::hmac_sha256(state_->key, "known callers"), {});
    (void)counter->take_changes(); // from now on they are noted
    state_->loop.add(std::make_unique<SignInExchange>(counter, limits));
    return counter;
}

result<CallerTexts> PostgresCallers::texts() const {
    const auto deadline = Deadline::clock::now() + callers_limit;
    PORTRAIT_TRY_GET(connection, state_->database->connector().open(deadline));
    auto read = read_texts(*connection, deadline);
    if (!read)
        return error_of(read.error());
    return std::move(read->texts);
}

result<void> PostgresCallers::edit(const std::function<result<void>(CallerTexts& texts)>& change) {
    return edit_texts(state_->database->connector(), change, Deadline::clock::now() + callers_limit);
}

void PostgresCallers::follow(std::function<void(const CallerTexts& texts)> apply) {
    state_->loop.follow(std::move(apply));
}

std::shared_ptr<http::Authenticator>
PostgresCallers::guarded(std::shared_ptr<http::Authenticator> authenticator) const {
    return std::make_shared<FreshAuthenticator>(std::move(authenticator), state_->freshness);
}

} // namespace portrait::postgres
