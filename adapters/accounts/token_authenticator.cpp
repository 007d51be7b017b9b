#include "tokens_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/token_authenticator.hpp>

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace portrait::http {

class TokenAuthenticator::State {
public:
    State(const std::filesystem::path& file, TokenAuthenticatorOptions options)
        : clock_{options.clock ? std::move(options.clock) : system_clock()}
        , file_{{file, std::string{tokens_file_name}, max_account_file_bytes},
                [this](const WatchedText* found) { return apply(found); },
                std::move(options.on_fault),
                system_steady_clock()} {}

    WatchedFile& file() noexcept { return file_; }

    [[nodiscard]] AuthenticationOutcome decide(TokenScheme scheme, std::string_view secret) const {
        const auto tokens = this->tokens();
        const auto found = tokens->find(sha256(secret));
        if (found == tokens->end() || found->second.description.scheme != scheme ||
            found->second.is_expired(clock_->now()))
            return AuthenticationFailure{};
        return found->second.description.principal;
    }

    using Tokens = std::unordered_map<SecretDigest, Token, SecretDigestHash, SecretDigestEqual>;
    std::shared_ptr<const Tokens> tokens() const {
        const std::lock_guard lock{mutex_};
        return tokens_;
    }

private:
    [[nodiscard]] result<void> apply(const WatchedText* file) {
        auto parsed = parse_tokens(file == nullptr ? std::string_view{} : file->text);
        if (!parsed)
            return parsed.error();
        auto tokens = std::make_shared<Tokens>();
        for (auto& token : *parsed)
            tokens->emplace(token.digest, std::move(token));
        const std::lock_guard lock{mutex_};
        tokens_ = std::move(tokens);
        return {};
    }

    const std::shared_ptr<const Clock> clock_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Tokens> tokens_ = std::make_shared<Tokens>();
    WatchedFile file_; // the last member: it stops before the others are destroyed
};

result<std::unique_ptr<TokenAuthenticator>> TokenAuthenticator::open(const std::filesystem::path& token_file,
                                                                     TokenAuthenticatorOptions options) {
    const auto watch = options.watch;
    auto state = std::make_unique<State>(token_file, std::move(options));
    if (auto read = state->file().read(); !read)
        return read.error();
    state->file().start(watch);
    return std::unique_ptr<TokenAuthenticator>{new TokenAuthenticator{std::move(state)}};
}

TokenAuthenticator::TokenAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

TokenAuthenticator::~TokenAuthenticator() = default;

void TokenAuthenticator::authenticate(Credentials credentials, std::string_view /*remote_address*/,
                                      std::function<void(AuthenticationOutcome)> done) {
    if (const auto* ticket = std::get_if<TicketCredentials>(&credentials))
        return done(state_->decide(TokenScheme::so_ticket, ticket->ticket));
    if (const auto* bearer = std::get_if<BearerCredentials>(&credentials))
        return done(state_->decide(TokenScheme::bearer, bearer->token));
    done(AuthenticationFailure{});
}

void TokenAuthenticator::refresh() {
    state_->file().refresh();
}

std::size_t TokenAuthenticator::token_count() const {
    return state_->tokens()->size();
}

} // namespace portrait::http
