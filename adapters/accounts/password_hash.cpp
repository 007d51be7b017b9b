#include "password_hash.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <openssl/crypto.h>

#include <crypt.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace portrait::http {
namespace {

constexpr std::size_t bcrypt_hash_length = 60;
/// The least length of the part after the last `$` for other strong methods: 256 bits in crypt's base64.
constexpr std::size_t shortest_digest = 43;

Error cannot_hash(int error_number) {
    return Error{errc::internal, "The password could not be hashed"}.with_cause(
        fmt::format("libxcrypt: {}", std::generic_category().message(error_number)));
}

} // namespace

std::string_view password_hash_fault(std::string_view hash) {
    const std::string setting{hash};
    if (crypt_checksalt(setting.c_str()) != CRYPT_SALT_OK)
        return "is weak or of an unknown kind; bcrypt ($2y$), yescrypt ($y$) and SHA-512 ($6$) are accepted";
    const bool whole = hash.starts_with("$2") ? hash.size() == bcrypt_hash_length
                                              : hash.size() - hash.rfind('$') - 1 >= shortest_digest;
    return whole ? std::string_view{} : "is cut off";
}

PasswordHasher::PasswordHasher()
    : work_{std::make_unique<crypt_data>()} {}

PasswordHasher::~PasswordHasher() {
    OPENSSL_cleanse(work_.get(), sizeof *work_);
}

result<std::string_view> PasswordHasher::hash(const std::string& password, const char* setting) {
    errno = 0;
    const char* computed = crypt_rn(password.c_str(), setting, work_.get(), sizeof *work_);
    return computed != nullptr ? result<std::string_view>{computed} : cannot_hash(errno);
}

result<bool> PasswordHasher::verify(const std::string& password, const std::string& hash) {
    const auto computed = this->hash(password, hash.c_str());
    if (!computed)
        return computed.error();
    // The length depends on method and salt, which are no secret.
    return computed->size() == hash.size() && CRYPTO_memcmp(computed->data(), hash.data(), hash.size()) == 0;
}

result<std::string> hash_password(std::string_view password) {
    if (password.empty() || password.size() > max_password_length)
        return Error{errc::password_invalid, fmt::format("The password must have 1 to {} bytes; got {}",
                                                         max_password_length, password.size())}
            .with_limit(password.size(), max_password_length);
    if (!is_utf8(password) || has_control_characters(password))
        return Error{errc::password_invalid, "The password is not valid UTF-8 or has control characters"};

    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    errno = 0;
    if (crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(), static_cast<int>(setting.size())) == nullptr)
        return cannot_hash(errno);
    std::string text{password};
    const SecretCopy copy{text};
    PasswordHasher hasher;
    const auto hash = hasher.hash(copy.text(), setting.data());
    if (!hash)
        return hash.error();
    return std::string{*hash};
}

} // namespace portrait::http
