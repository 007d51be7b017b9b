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

/// What checking passwords may take, and how the file is followed. The defaults suit a server.
struct FileAuthenticatorOptions {
    std::size_t hashing_threads = 1;            ///< at least one is started; of low priority
    std::size_t hashing_queue = 64;             ///< attempts waiting; beyond it `busy`
    std::chrono::seconds remember{300};         ///< how long a verified password needs no hashing again
    std::size_t remembered_credentials = 1024;  ///< at the most
    std::shared_ptr<const SteadyClock> clock{}; ///< null: the system's
    SignInLimits limits{};                      ///< of the authenticator's own counter
    std::shared_ptr<SignInCounter> counter{};   ///< null: a `MemorySignInCounter` of the authenticator's own

    /// More lines of the file's format; names that the file has count as the file has them.
    std::string further_users{};

    // Of `open` alone.
    bool may_be_missing = false; ///< no file names nobody; otherwise it is an error at the start
    /// Whether a file is taken that everybody on the machine can read, or change.
    bool others_may_read = false;
    /// How often the file is looked at, on a thread of its own; 0: only when `refresh` is called.
    std::chrono::milliseconds watch{1000};
    /// Told when the file can't be read or used, once a minute while that lasts; the users stay as they were,
    /// and each look tries again. Called on that thread, or on the one that calls `refresh`; must not throw.
    std::function<void(const Error&)> on_fault{};
};

/// Users from a file of lines `name:hash[:associate id[:full name[:person id[:rights]]]]`,
/// htpasswd-compatible in its first two columns: bcrypt (`$2y$`), yescrypt (`$y$`), SHA-512 (`$6$`) and
/// whatever else strong libxcrypt verifies; weak hashes (plain, MD5, `{SHA}`, DES) are refused when the file
/// is read. Rights are `read` or `read,write` (default). A column that is absent or empty has its default:
/// associate id 0, full name the name, person id 0. Blank lines and lines that begin with `#` are skipped. At
/// most 4 MiB, and 4 KiB a line.
///
/// Hashing happens on threads of its own; attempts with the same credentials at the same time are hashed
/// once. A verified password is remembered for a short time under a keyed hash and then answered before
/// `authenticate` returns. An unknown user costs as much time as a wrong password, and both are held back
/// alike; see `SignInLimits`.
///
/// Follows the file: a second after it has changed, users who are gone and passwords that were replaced count
/// no more, remembered or not, also while the process has no file descriptor left. A file that vanishes names
/// nobody.
///
/// Thread-safe. The destructor waits for the hash that is being computed and answers `busy` to the attempts
/// that wait; don't run it inside a `done`. A `done` must not throw.
class PORTRAIT_EXPORT FileAuthenticator final : public Authenticator {
public:
    /// Errors name the line that is wrong, never what is on it.
    [[nodiscard]] static result<std::unique_ptr<FileAuthenticator>>
    open(const std::filesystem::path& users_file, FileAuthenticatorOptions options = {});
    /// The same from a text in memory.
    [[nodiscard]] static result<std::unique_ptr<FileAuthenticator>>
    from_text(std::string_view users, FileAuthenticatorOptions options = {});
    ~FileAuthenticator() override;

    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;

    void revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done) override;

    /// Reads the file now, whether or not it looks changed.
    void refresh();
    std::size_t user_count() const;
    /// Password hashes computed so far, those for unknown users included: what attempts have cost.
    std::uint64_t hashes_computed() const noexcept;

private:
    class PORTRAIT_HIDDEN State;
    explicit FileAuthenticator(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// A new yescrypt hash of a password, for the users file. Takes tens of milliseconds. Passwords have 1 to 511
/// bytes of UTF-8 without control characters; others are `errc::info_text_invalid`.
[[nodiscard]] PORTRAIT_EXPORT result<std::string> hash_password(std::string_view password);

/// What `save_user` writes. A value that is absent stays as the file has it for that user; for a new user it
/// is the default, and the associate id is one more than the file's largest.
struct UserEntry {
    std::string name; ///< 1 to 255 bytes of UTF-8, no colon, no control characters, not beginning with `#`
    std::string password_hash;
    std::optional<std::int32_t> associate_id;
    std::optional<std::string> full_name; ///< as `name`, and may be empty
    std::optional<std::int32_t> person_id;
    std::optional<bool> may_write;
};

/// What `save_user` did.
struct SavedUser {
    bool added = false; ///< false: the user was there and has been changed
    std::int32_t associate_id = 0;
};

/// Adds the user to a users file, or changes the user's line; every other line stays as it is. Makes the file
/// (0600) when there is none. Atomic and durable: readers and crashes see the old file or the new one. Two
/// processes that save at the same time both succeed, one after the other. Refuses a file that
/// `FileAuthenticator` would refuse.
[[nodiscard]] PORTRAIT_EXPORT result<SavedUser> save_user(const std::filesystem::path& users_file,
                                                          const UserEntry& user);

} // namespace portrait::http
