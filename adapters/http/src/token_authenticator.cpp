#include "tokens_file.hpp"

#include <portrait/http/token_authenticator.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <sys/stat.h>

namespace portrait::http {

namespace {

/// What of a file changes when it does; absent members for a file that isn't there.
struct FileStamp {
    bool exists = false;
    dev_t device{};
    ino_t inode{};
    off_t size{};
    time_t seconds{};
    long nanoseconds{};

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

result<FileStamp> stamp_of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        return FileStamp{true,           status.st_dev,         status.st_ino,
                         status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    if (errno == ENOENT || errno == ENOTDIR)
        return FileStamp{};
    return Error{errc::store_io, "The token file can't be looked at"}.with_cause(
        fmt::format("stat {}: {}", path.string(), std::generic_category().message(errno)));
}

using Tokens = std::unordered_map<SecretDigest, Token, SecretDigestHash, SecretDigestEqual>;

result<std::shared_ptr<const Tokens>> read_tokens(const std::filesystem::path& path) {
    const auto text = read_tokens_file(path);
    if (!text)
        return text.error();
    auto parsed = parse_tokens(*text);
    if (!parsed)
        return parsed.error();
    auto tokens = std::make_shared<Tokens>();
    for (auto& token : *parsed)
        tokens->emplace(token.digest, std::move(token));
    return std::shared_ptr<const Tokens>{std::move(tokens)};
}

} // namespace

class TokenAuthenticator::State {
public:
    State(std::filesystem::path file, TokenAuthenticatorOptions options)
        : file_{std::move(file)}
        , clock_{options.clock ? std::move(options.clock) : system_clock()}
        , watch_{options.watch}
        , on_fault_{std::move(options.on_fault)} {}

    /// Reads the file when it is not as it was; afterwards it counts as seen even when it can't be used, so
    /// that a fault is told once.
    result<void> refresh();
    void refresh_and_tell();
    void start_watching();

    AuthenticationOutcome decide(TokenScheme scheme, std::string_view shown) const;
    std::shared_ptr<const Tokens> tokens() const {
        const std::lock_guard lock{mutex_};
        return tokens_;
    }

private:
    void watch(const std::stop_token& stop);

    const std::filesystem::path file_;
    const std::shared_ptr<const Clock> clock_;
    const std::chrono::milliseconds watch_;
    const std::function<void(const Error&)> on_fault_;

    std::mutex refreshing_;
    FileStamp seen_;
    bool unreadable_ = false; ///< the file couldn't be looked at the last time, which was told

    mutable std::mutex mutex_;
    std::shared_ptr<const Tokens> tokens_ = std::make_shared<Tokens>();
    std::mutex sleeping_;
    std::condition_variable_any awake_;
    std::jthread watcher_; // the last member: it stops before the others go
};

result<void> TokenAuthenticator::State::refresh() {
    const std::lock_guard one_at_a_time{refreshing_};
    const auto stamp = stamp_of(file_);
    if (!stamp)
        return std::exchange(unreadable_, true) ? result<void>{} : result<void>{stamp.error()};
    unreadable_ = false;
    if (*stamp == seen_)
        return {};
    seen_ = *stamp;
    auto tokens = seen_.exists ? read_tokens(file_)
                               : result<std::shared_ptr<const Tokens>>{std::make_shared<const Tokens>()};
    if (!tokens)
        return tokens.error();
    const std::lock_guard lock{mutex_};
    tokens_ = *std::move(tokens);
    return {};
}

void TokenAuthenticator::State::refresh_and_tell() {
    result<void> refreshed;
    try {
        refreshed = refresh();
    } catch (const std::exception& exception) {
        refreshed = Error{errc::internal, "The token file can't be read again"}.with_cause(exception.what());
    }
    if (!refreshed && on_fault_)
        on_fault_(refreshed.error());
}

void TokenAuthenticator::State::start_watching() {
    if (watch_.count() > 0)
        watcher_ = std::jthread{[this](const std::stop_token& stop) { watch(stop); }};
}

void TokenAuthenticator::State::watch(const std::stop_token& stop) {
    std::unique_lock lock{sleeping_};
    while (!stop.stop_requested()) {
        awake_.wait_for(lock, stop, watch_, [] { return false; });
        if (!stop.stop_requested())
            refresh_and_tell();
    }
}

AuthenticationOutcome TokenAuthenticator::State::decide(TokenScheme scheme, std::string_view shown) const {
    const auto tokens = this->tokens();
    const auto found = tokens->find(sha256(shown));
    if (found == tokens->end())
        return AuthenticationFailure{};
    const auto& token = found->second;
    if (token.description.scheme != scheme || !token.is_good(clock_->now()))
        return AuthenticationFailure{};
    return token.description.principal;
}

result<std::unique_ptr<TokenAuthenticator>> TokenAuthenticator::open(const std::filesystem::path& token_file,
                                                                     TokenAuthenticatorOptions options) {
    auto state = std::make_unique<State>(token_file, std::move(options));
    if (auto read = state->refresh(); !read)
        return read.error();
    state->start_watching();
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
    state_->refresh_and_tell();
}

std::size_t TokenAuthenticator::token_count() const {
    return state_->tokens()->size();
}

} // namespace portrait::http
