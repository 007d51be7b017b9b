#include "tokens_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/token_authenticator.hpp>
#include <portrait/trusted_file.hpp>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

namespace portrait::http {

struct TokenAuthenticator::State {
    using Tokens = std::unordered_map<SecretDigest, Token, SecretDigestHash, SecretDigestEqual>;

    explicit State(const TokenAuthenticatorOptions& options)
        : clock{options.clock ? options.clock : system_clock()} {}

    [[nodiscard]] result<void> apply(std::string_view text, const FileStamp& stamp) {
        // Others may read it: it holds hashes of random tokens.
        if (auto trusted = check_trusted(Trusted::file, stamp.owner, stamp.mode); !trusted)
            return trusted;
        return replace(text);
    }

    [[nodiscard]] result<void> replace(std::string_view text) {
        auto parsed = parse_tokens(text);
        if (!parsed)
            return parsed.error();
        auto by_digest = std::make_shared<Tokens>();
        for (auto& token : *parsed)
            by_digest->emplace(token.digest, std::move(token));
        tokens.store(std::move(by_digest));
        return {};
    }

    AuthenticationOutcome decide(TokenScheme scheme, std::string_view secret) const {
        const auto present = tokens.load();
        const auto found = present->find(sha256(secret));
        if (found == present->end() || found->second.description.scheme != scheme ||
            found->second.is_expired(clock->now()))
            return AuthenticationFailure{};
        return found->second.description.principal;
    }

    const std::shared_ptr<const Clock> clock;
    Snapshot<Tokens> tokens;
    std::unique_ptr<WatchedFile> file; ///< null: the tokens are a text in memory. Stops before the others go
};

result<std::unique_ptr<TokenAuthenticator>> TokenAuthenticator::open(const std::filesystem::path& token_file,
                                                                     TokenAuthenticatorOptions options) {
    auto state = std::make_unique<State>(options);
    const auto apply = [&of = *state](std::string_view text, const FileStamp& stamp) {
        return of.apply(text, stamp);
    };
    state->file = std::make_unique<WatchedFile>(token_file, tokens_file_name, apply,
                                                std::move(options.on_fault), system_steady_clock());
    if (auto read = state->file->read(); !read)
        return read.error();
    state->file->start(options.watch);
    return std::unique_ptr<TokenAuthenticator>{new TokenAuthenticator{std::move(state)}};
}

result<std::unique_ptr<TokenAuthenticator>>
TokenAuthenticator::from_text(std::string_view tokens, const TokenAuthenticatorOptions& options) {
    auto state = std::make_unique<State>(options);
    if (auto replaced = state->replace(tokens); !replaced)
        return replaced.error();
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
    if (state_->file != nullptr)
        state_->file->refresh();
}

result<void> TokenAuthenticator::replace(std::string_view tokens) {
    return state_->replace(tokens);
}

std::size_t TokenAuthenticator::token_count() const {
    return state_->tokens.load()->size();
}

} // namespace portrait::http
