#pragma once

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>

namespace portrait::http {

struct FileAuthenticatorOptions {
    std::size_t hashing_threads = 1;
    std::size_t hashing_queue = 64;           ///< attempts waiting; beyond it `busy`
    std::chrono::seconds remember{300};       ///< how long a verified password needs no hashing again
    std::size_t remembered_credentials = 1024; ///< at the most
};

/// Users from a file of lines `name:hash[:associate id[:full name[:person id[:rights]]]]`, htpasswd-compatible in its
/// first two columns: bcrypt (`$2y$`), yescrypt (`$y$`), SHA-512 (`$6$`) and whatever else libxcrypt verifies; weak
/// hashes (plain, MD5, `{SHA}`, DES) are refused when the file is read. Rights are `read` or `read,write` (default).
/// A column that is absent or empty has its default: associate id 0, full name the name, person id 0.
///
/// Hashing happens on threads of its own. A verified password is remembered for a short time under a keyed hash;
/// an unknown user costs as much time as a wrong password. Thread-safe.
class FileAuthenticator final : public Authenticator {
public:
    /// Errors name the line that is wrong, never what is on it.
    static result<std::unique_ptr<FileAuthenticator>> open(const std::filesystem::path& users_file,
                                                           FileAuthenticatorOptions options = {});
    /// The same from a text in memory.
    static result<std::unique_ptr<FileAuthenticator>> from_text(std::string_view users,
                                                                FileAuthenticatorOptions options = {});
    ~FileAuthenticator() override;

    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;

    std::size_t user_count() const noexcept;

private:
    class State;
    explicit FileAuthenticator(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// A new yescrypt hash of a password, for the users file. Takes tens of milliseconds.
result<std::string> hash_password(std::string_view password);

} // namespace portrait::http
