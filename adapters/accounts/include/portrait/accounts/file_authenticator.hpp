#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The cost of checking passwords, and how the file is followed. The defaults suit a server.
struct FileAuthenticatorOptions {
    std::size_t hashing_threads = 1; ///< at least one is started; of low priority
    /// Most waiting attempts of names that have signed in from the client's network before, and of all
    /// others; beyond it `busy`. One network, and one name, may have an eighth of them (and 16 in any case).
    std::size_t hashing_queue = 1024;
    std::chrono::seconds remember{300};         ///< a verified password is not hashed again
    std::size_t remembered_credentials = 1024;  ///< most of them
    std::shared_ptr<const SteadyClock> clock{}; ///< null: the system's
    SignInLimits limits{};                      ///< of the authenticator's own counter
    std::shared_ptr<SignInCounter> counter{};   ///< null: a `MemorySignInCounter` of the authenticator's own

    /// Further lines in the file's format; the file overrides those with a name of its own.
    std::string further_users{};

    // For `open` only.
    bool may_be_missing = false; ///< a missing file has no users; otherwise it is an error at the start
    /// Accepts a file that every user of the machine can read or change, of any owner. Otherwise see
    /// `Trusted::secret`.
    bool others_may_read = false;
    /// The interval of checks for a change, on a separate thread; 0: only when `refresh` is called.
    std::chrono::milliseconds watch{1000};
    /// Called when the file can't be read or used, once a minute while that lasts; the users stay unchanged,
    /// and each check retries. Runs on that thread, or on the one that calls `refresh`; must not throw.
    std::function<void(const Error&)> on_fault{};
};

/// Users from a file of lines `name:hash[:associate id[:full name[:person id[:rights]]]]`,
/// htpasswd-compatible in its first two columns: bcrypt (`$2y$`), yescrypt (`$y$`), SHA-512 (`$6$`) and
/// scrypt; weak hashes (plain, MD5, `{SHA}`, DES) are refused when the file is read, and so are hashes that
/// cost far more time than those of `hash_password`: bcrypt of a cost above 13, SHA-512 of more than
/// 1,000,000 rounds, yescrypt of a cost above 7, scrypt of more than 64 MiB. Rights are `read` or
/// `read,write` (default). An absent or empty column has its default: associate id 0, full name the name,
/// person id 0. Blank lines and lines that begin with `#` are skipped. At most 4 MiB, and 4 KiB a line.
///
/// Hashes on separate threads; concurrent attempts with the same credentials are hashed once. Networks take
/// turns, an attempt each, and so do the names that have signed in from the client's network before, in a
/// queue of their own. So an attempt waits for one hash of each other network, and a flood of guesses delays
/// new users no longer than the number of its connections times a hash. An attempt whose client is gone isn't
/// hashed. A verified password is remembered for a short time under a keyed hash and then accepted before
/// `authenticate` returns. An unknown user takes as much time as a wrong password, and both are limited
/// alike; see `SignInLimits`.
///
/// Follows the file: a second after a change, removed users and replaced passwords are rejected, remembered
/// or not, also while the process has no file descriptor left. A removed file has no users.
///
/// ```
/// auto users = portrait::http::FileAuthenticator::open("users.htpasswd");
/// if (!users)
///     throw std::runtime_error{users.error().message()};
/// std::shared_ptr<portrait::http::Authenticator> authenticator = *std::move(users);
/// ```
///
/// Thread-safe. The destructor waits for the running hash and answers `busy` to waiting attempts; it must not
/// run inside a `done`. A `done` must not throw.
class PORTRAIT_EXPORT FileAuthenticator final : public Authenticator {
public:
    /// Errors of the file's content are `file_invalid`; they name the line and perhaps the user, never the
    /// hash.
    [[nodiscard]] static result<std::unique_ptr<FileAuthenticator>>
    open(const std::filesystem::path& users_file, FileAuthenticatorOptions options = {});
    /// Users from a text in memory; see `replace`.
    [[nodiscard]] static result<std::unique_ptr<FileAuthenticator>>
    from_text(std::string_view users, FileAuthenticatorOptions options = {});
    ~FileAuthenticator() override;

    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;

    void revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done) override;

    /// Reads the file now, changed or not.
    void refresh();
    /// Replaces the users of `from_text` at once; `further_users` stay. Removed users and replaced passwords
    /// are rejected from then on, remembered or not. Errors: `file_invalid`, and the users stay unchanged.
    [[nodiscard]] result<void> replace(std::string_view users);
    std::size_t user_count() const;
    /// The number of hashes computed so far, including those for unknown users.
    std::uint64_t hashes_computed() const noexcept;

private:
    struct PORTRAIT_HIDDEN State;
    explicit FileAuthenticator(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// A new yescrypt hash of a password, for the users file. Takes tens of milliseconds. Passwords have 1 to 511
/// bytes of UTF-8 without control characters; others are `errc::password_invalid`.
[[nodiscard]] PORTRAIT_EXPORT result<std::string> hash_password(std::string_view password);

/// A user to be saved. An absent value stays unchanged; of a new user it is the default, and the associate id
/// is one more than the file's largest.
struct UserEntry {
    std::string name; ///< 1 to 255 bytes of UTF-8, no colon, no control characters, not beginning with `#`
    std::string password_hash;
    std::optional<std::int32_t> associate_id;
    std::optional<std::string> full_name; ///< as `name`, and may be empty
    std::optional<std::int32_t> person_id;
    std::optional<bool> may_write;
};

/// The result of `save_user`.
struct SavedUser {
    bool added = false; ///< false: an existing user was changed
    std::int32_t associate_id = 0;
};

/// The result of `with_user`.
struct EditedUsers {
    std::string text;
    SavedUser saved;
};

/// A text in the users file's format with that user: added, or with the user's line replaced. Errors:
/// `account_invalid`, `file_invalid` (as of `FileAuthenticator`).
///
/// ```
/// UserEntry anna;
/// anna.name = "anna";
/// anna.password_hash = hash_password(password).value();
/// const auto edited = with_user(text, anna);
/// ```
[[nodiscard]] PORTRAIT_EXPORT result<EditedUsers> with_user(std::string_view text, const UserEntry& user);

/// Adds a user to a users file, or replaces the user's line. Makes the file (0600) when there is none. Atomic
/// and durable: readers and crashes see the old file or the new one. Two processes that save at the same time
/// both succeed, one after the other. Errors: `account_invalid`, `file_invalid` (as of `FileAuthenticator`),
/// `store_io`.
[[nodiscard]] PORTRAIT_EXPORT result<SavedUser> save_user(const std::filesystem::path& users_file,
                                                          const UserEntry& user);

} // namespace portrait::http
