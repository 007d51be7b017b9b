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

    State(const std::filesystem::path& path, TokenAuthenticatorOptions options)
        : clock{options.clock ? std::move(options.clock) : system_clock()}
        , file{path, tokens_file_name,
               [this](std::string_view text, const FileStamp& stamp) { return apply(text, stamp); },
               std::move(options.on_fault), system_steady_clock()} {}

    [[nodiscard]] result<void> apply(std::string_view text, const FileStamp& stamp) {
        // Others may read it: it holds hashes of random tokens.
        if (auto trusted = check_trusted(Trusted::file, stamp.owner, stamp.mode); !trusted)
            return trusted;
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
    WatchedFile file; // the last member: it stops before the others are destroyed
};

result<std::unique_ptr<TokenAuthenticator>> TokenAuthenticator::open(const std::filesystem::path& token_file,
                                                                     TokenAuthenticatorOptions options) {
    const auto watch = options.watch;
    auto state = std::make_unique<State>(token_file, std::move(options));
    if (auto read = state->file.read(); !read)
        return read.error();
    state->file.start(watch);
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
    state_->file.refresh();
}

std::size_t TokenAuthenticator::token_count() const {
    return state_->tokens.load()->size();
}

} // namespace portrait::http
