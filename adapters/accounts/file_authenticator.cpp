#include "password_attempts.hpp"
#include "password_hash.hpp"
#include "remembered_credentials.hpp"
#include "users_file.hpp"
#include "watched_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/network.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/endian/conversion.hpp>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <sys/stat.h>

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

class FileAuthenticator::State {
public:
    State(std::vector<User> users, FileAuthenticatorOptions options)
        : options_{std::move(options)}
        , clock_{options_.clock ? options_.clock : system_steady_clock()}
        , remembered_{options_.remember, options_.remembered_credentials, clock_}
        , users_{std::make_shared<const Users>(std::move(users))}
        , attempts_{options_.hashing_threads, options_.hashing_queue,
                    options_.counter ? options_.counter
                                     : std::make_shared<MemorySignInCounter>(options_.limits, clock_),
                    remembered_} {}

    [[nodiscard]] result<void> follow(const std::filesystem::path& file) {
        file_ = std::make_unique<WatchedFile>(
            WatchedFile::Source{file, std::string{users_file_name}, max_account_file_bytes},
            [this](const WatchedText* found) { return apply(found); }, options_.on_fault, clock_);
        if (auto read = file_->read(); !read)
            return read;
        file_->start(options_.watch);
        return {};
    }

    void authenticate(BasicCredentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) {
        const auto users = this->users();
        // Rejecting text that can't be a password reveals nothing about the users.
        if (users->list.empty() || !can_be_password(credentials.password)) {
            wipe(credentials.password);
            return done(AuthenticationFailure{});
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

    AuthenticationOutcome revalidated(const Principal& principal) const {
        const auto users = this->users();
        const auto* user = users->find(principal.name);
        if (user == nullptr || user->principal.credential != principal.credential)
            return AuthenticationFailure{};
        return user->principal;
    }

    void refresh() {
        if (file_ != nullptr)
            file_->refresh();
    }

    std::size_t user_count() const { return users()->list.size(); }
    std::uint64_t hashes_computed() const noexcept { return attempts_.hashes_computed(); }

private:
    std::shared_ptr<const Users> users() const {
        const std::lock_guard lock{users_mutex_};
        return users_;
    }

    [[nodiscard]] result<void> apply(const WatchedText* file) {
        if (file != nullptr && !options_.others_may_read && (file->mode & mode_t{S_IROTH | S_IWOTH}) != 0)
            return Error{errc::file_invalid,
                         "Every user of this machine can read or change it; remove that by chmod o-rwx, or "
                         "chmod 600 when no group needs it"};
        auto list = parse_users(file == nullptr ? std::string_view{} : file->text, options_.further_users);
        if (!list)
            return list.error();
        auto users = std::make_shared<const Users>(*std::move(list));
        const std::lock_guard lock{users_mutex_};
        users_ = std::move(users);
        return {};
    }

    /// A user of the file, always the same one for a name: makes an attempt for an unknown name take as long
    /// as others.
    const User& stand_in_for(std::string_view name, const Users& users) const {
        const auto key = remembered_.key_of(name, {}, {});
        return users.list[boost::endian::load_big_u64(key.data()) % users.list.size()];
    }

    const FileAuthenticatorOptions options_;
    const std::shared_ptr<const SteadyClock> clock_;
    RememberedCredentials remembered_;

    mutable std::mutex users_mutex_;
    std::shared_ptr<const Users> users_;

    PasswordAttempts attempts_;
    std::unique_ptr<WatchedFile> file_;
};

result<std::unique_ptr<FileAuthenticator>> FileAuthenticator::open(const std::filesystem::path& users_file,
                                                                   FileAuthenticatorOptions options) {
    if (!options.may_be_missing)
        if (const auto text = read_text_file(users_file, users_file_name); !text)
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
    done(AuthenticationFailure{});
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
