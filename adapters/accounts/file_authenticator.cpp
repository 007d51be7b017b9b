#include "password_attempts.hpp"
#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "secret_copy.hpp"
#include "users_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/utf8.hpp>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace portrait::http {

namespace {

using Done = std::function<void(AuthenticationOutcome)>;

AuthenticationFailure rejected() {
    return {};
}

[[nodiscard]] result<std::vector<User>> users_of(const WatchedText* file,
                                                 const FileAuthenticatorOptions& options) {
    if (file == nullptr)
        return parse_users({}, options.further_users);
    if (!options.others_may_read)
        if (auto checked = check_users_file_mode(file->mode); !checked)
            return checked.error();
    return parse_users(file->text, options.further_users);
}

bool can_be_a_password(std::string_view text) {
    return !text.empty() && text.size() <= max_password_length && !has_control_characters(text);
}

} // namespace

class FileAuthenticator::State {
public:
    State(std::vector<User> users, FileAuthenticatorOptions options);

    [[nodiscard]] result<void> follow(const std::filesystem::path& file);
    void authenticate(BasicCredentials credentials, std::string_view remote_address, Done done);
    AuthenticationOutcome revalidated(const Principal& principal) const;
    void refresh();
    std::size_t user_count() const { return users()->list.size(); }
    std::uint64_t hashes_computed() const noexcept { return attempts_.hashes_computed(); }

private:
    using Key = RememberedCredentials::Key;

    /// What the file said at one time.
    struct Users {
        explicit Users(std::vector<User> users);
        const User* find(std::string_view name) const;

        const std::vector<User> list;
        std::unordered_map<std::string_view, const User*> by_name;
    };

    std::shared_ptr<const Users> users() const {
        const std::lock_guard lock{users_mutex_};
        return users_;
    }
    [[nodiscard]] result<void> apply(const WatchedText* file);
    const User& stand_in_for(std::string_view name, const Users& users) const;

    const FileAuthenticatorOptions options_;
    const std::shared_ptr<const SteadyClock> clock_;
    RememberedCredentials remembered_;

    mutable std::mutex users_mutex_;
    std::shared_ptr<const Users> users_;

    PasswordAttempts attempts_;
    std::unique_ptr<WatchedFile> file_;
};

FileAuthenticator::State::Users::Users(std::vector<User> users)
    : list{std::move(users)} {
    for (const auto& user : list)
        by_name.emplace(user.principal.name, &user);
}

const User* FileAuthenticator::State::Users::find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
}

FileAuthenticator::State::State(std::vector<User> users, FileAuthenticatorOptions options)
    : options_{std::move(options)}
    , clock_{options_.clock ? options_.clock : system_steady_clock()}
    , remembered_{options_.remember, options_.remembered_credentials, clock_}
    , users_{std::make_shared<const Users>(std::move(users))}
    , attempts_{options_.hashing_threads, options_.hashing_queue,
                options_.counter ? options_.counter
                                 : std::make_shared<MemorySignInCounter>(options_.limits, clock_),
                remembered_} {}

result<void> FileAuthenticator::State::follow(const std::filesystem::path& file) {
    file_ = std::make_unique<WatchedFile>(
        WatchedFile::Source{file, "users file", max_users_file_bytes},
        [this](const WatchedText* found) { return apply(found); }, options_.on_fault, clock_);
    if (auto read = file_->read(); !read)
        return read;
    file_->start(options_.watch);
    return {};
}

void FileAuthenticator::State::refresh() {
    if (file_ != nullptr)
        file_->refresh();
}

result<void> FileAuthenticator::State::apply(const WatchedText* file) {
    auto list = users_of(file, options_);
    if (!list)
        return list.error();
    auto users = std::make_shared<const Users>(std::move(*list));
    const std::lock_guard lock{users_mutex_};
    users_ = std::move(users);
    return {};
}

AuthenticationOutcome FileAuthenticator::State::revalidated(const Principal& principal) const {
    const auto users = this->users();
    const auto* user = users->find(principal.name);
    if (user == nullptr || user->principal.credential != principal.credential)
        return rejected();
    return user->principal;
}

void FileAuthenticator::State::authenticate(BasicCredentials credentials, std::string_view remote_address,
                                            Done done) {
    const auto users = this->users();
    // What can't be anybody's password says nothing about who exists.
    if (users->list.empty() || !can_be_a_password(credentials.password)) {
        wipe(credentials.password);
        return done(rejected());
    }
    const auto* found = users->find(credentials.user);
    const bool known = found != nullptr;
    const auto& user = known ? *found : stand_in_for(credentials.user, *users);
    const auto key = remembered_.key_of(credentials.user, credentials.password, user.password_hash);
    if (known && remembered_.contains(key)) {
        wipe(credentials.password);
        return done(user.principal);
    }
    attempts_.check(key,
                    {.user = {users, &user},
                     .known = known,
                     .name = std::move(credentials.user),
                     .network = client_network(remote_address)},
                    credentials.password, std::move(done));
}

/// Somebody of the file, always the same for a name: an unknown user's attempt is as slow as others are.
const User& FileAuthenticator::State::stand_in_for(std::string_view name, const Users& users) const {
    const auto key = remembered_.key_of(name, {}, {});
    std::size_t number = 0;
    for (std::size_t index = 0; index < sizeof number; ++index)
        number = (number << 8U) | key[index];
    return users.list[number % users.list.size()];
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    if (!options.may_be_missing)
        if (const auto text = read_users_file(users_file); !text)
            return text.error();
    auto others = parse_users({}, options.further_users);
    if (!others)
        return others.error();
    auto state = std::make_unique<State>(std::move(*others), std::move(options));
    if (auto followed = state->follow(users_file); !followed)
        return followed.error();
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::from_text(std::string_view users,
                                                                        FileAuthenticatorOptions options) {
    auto parsed = parse_users(users, options.further_users);
    if (!parsed)
        return parsed.error();
    auto state = std::make_unique<State>(std::move(*parsed), std::move(options));
    return std::unique_ptr<FileAuthenticator>{new FileAuthenticator{std::move(state)}};
}

FileAuthenticator::FileAuthenticator(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

FileAuthenticator::~FileAuthenticator() = default;

void FileAuthenticator::authenticate(Credentials credentials, std::string_view remote_address,
                                     std::function<void(AuthenticationOutcome)> done) {
    if (auto* basic = std::get_if<BasicCredentials>(&credentials))
        return state_->authenticate(std::move(*basic), remote_address, std::move(done));
    done(rejected());
}

void FileAuthenticator::revalidate(const Principal& principal,
                                   std::function<void(AuthenticationOutcome)> done) {
    done(state_->revalidated(principal));
}

void FileAuthenticator::refresh() {
    state_->refresh();
}

std::size_t FileAuthenticator::user_count() const {
    return state_->user_count();
}

std::uint64_t FileAuthenticator::hashes_computed() const noexcept {
    return state_->hashes_computed();
}

} // namespace portrait::http
