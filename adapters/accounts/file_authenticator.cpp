#include "password_attempts.hpp"
#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/utf8.hpp>
#include <portrait/trusted_file.hpp>

#include <boost/endian/conversion.hpp>

#include <memory>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace portrait::http {
namespace {

bool can_be_password(std::string_view text) {
    return !text.empty() && text.size() <= max_password_length && !has_control_characters(text);
}

/// The users of a file at one time.
struct Users {
    explicit Users(std::vector<User> users)
        : list{std::move(users)} {
        for (const auto& user : list)
            by_name.emplace(user.principal.name, &user);
    }
    /// Null when there is none.
    const User* find(std::string_view name) const {
        const auto found = by_name.find(name);
        return found == by_name.end() ? nullptr : found->second;
    }

    const std::vector<User> list;
    std::unordered_map<std::string_view, const User*> by_name;
};

} // namespace

struct FileAuthenticator::State {
    State(std::vector<User> list, FileAuthenticatorOptions of)
        : options{std::move(of)}
        , clock{options.clock ? options.clock : system_steady_clock()}
        , remembered{options.remember, options.remembered_credentials, clock}
        , users{std::make_shared<const Users>(std::move(list))}
        , attempts{options.hashing_threads, options.hashing_queue,
                   options.counter ? options.counter
                                   : std::make_shared<MemorySignInCounter>(options.limits, clock),
                   remembered} {}

    [[nodiscard]] result<void> apply(std::string_view text, const FileStamp& stamp) {
        if (!options.others_may_read)
            if (auto trusted = check_trusted(Trusted::secret, stamp.owner, stamp.mode); !trusted)
                return trusted;
        return replace(text);
    }

    [[nodiscard]] result<void> replace(std::string_view text) {
        auto list = parse_users(text, options.further_users);
        if (!list)
            return list.error();
        users.store(std::make_shared<const Users>(*std::move(list)));
        return {};
    }

    /// A user of the file, always the same one for a name: makes an attempt for an unknown name take as long
    /// as others.
    const User& stand_in_for(std::string_view name, const Users& present) const {
        const auto key = remembered.key_of(name, {}, {});
        return present.list[boost::endian::load_big_u64(key.data()) % present.list.size()];
    }

    const FileAuthenticatorOptions options;
    const std::shared_ptr<const SteadyClock> clock;
    RememberedCredentials remembered;
    Snapshot<Users> users;
    PasswordAttempts attempts;
    std::unique_ptr<WatchedFile> file; ///< null: the users are a text in memory
};

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    if (!options.may_be_missing)
        if (const auto text = read_text_file(users_file, users_file_name); !text)
            return text.error();
    auto authenticator = from_text({}, std::move(options));
    if (!authenticator)
        return authenticator;
    auto& state = *(*authenticator)->state_;
    state.file = std::make_unique<WatchedFile>(
        users_file, users_file_name,
        [&state](std::string_view text, const FileStamp& stamp) { return state.apply(text, stamp); },
        state.options.on_fault, state.clock);
    if (auto read = state.file->read(); !read)
        return read.error();
    state.file->start(state.options.watch);
    return authenticator;
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::from_text(std::string_view users,
                                                                        FileAuthenticatorOptions options) {
    auto parsed = parse_users(users, options.further_users);
    if (!parsed)
        return parsed.error();
    auto state = std::make_unique<State>(*std::move(parsed), std::move(options));
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

FileAuthenticator::FileAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

FileAuthenticator::~FileAuthenticator() = default;

void FileAuthenticator::authenticate(Credentials credentials, std::string_view remote_address,
                                     std::function<void(AuthenticationOutcome)> done) {
    auto* const basic = std::get_if<BasicCredentials>(&credentials);
    if (basic == nullptr)
        return done(AuthenticationFailure{});
    const auto users = state_->users.load();
    // Rejecting text that can't be a password or a name reveals nothing about the users.
    if (users->list.empty() || !can_be_password(basic->password) ||
        basic->user.size() > max_user_name_length) {
        wipe(basic->password);
        return done(AuthenticationFailure{});
    }
    const auto* found = users->find(basic->user);
    const auto& user = found != nullptr ? *found : state_->stand_in_for(basic->user, *users);
    const auto key = state_->remembered.key_of(basic->user, basic->password, user.password_hash);
    if (found != nullptr && state_->remembered.contains(key)) {
        wipe(basic->password);
        return done(user.principal);
    }
    state_->attempts.check(key,
                           {.user = {users, &user},
                            .known = found != nullptr,
                            .name = std::move(basic->user),
                            .network = client_network(remote_address),
                            .known_browser = basic->known_browser},
                           basic->password, std::move(basic->stop), std::move(done));
}

void FileAuthenticator::revalidate(const Principal& principal,
                                   std::function<void(AuthenticationOutcome)> done) {
    const auto users = state_->users.load();
    const auto* user = users->find(principal.name);
    if (user == nullptr || user->principal.credential != principal.credential)
        return done(AuthenticationFailure{});
    done(user->principal);
}

void FileAuthenticator::refresh() {
    if (state_->file != nullptr)
        state_->file->refresh();
}

result<void> FileAuthenticator::replace(std::string_view users) {
    return state_->replace(users);
}

std::size_t FileAuthenticator::user_count() const {
    return state_->users.load()->list.size();
}

std::uint64_t FileAuthenticator::hashes_computed() const noexcept {
    return state_->attempts.hashes_computed();
}

} // namespace portrait::http
