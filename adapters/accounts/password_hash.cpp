#include "password_hash.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <openssl/crypto.h>

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace portrait::http {
namespace {

constexpr std::size_t bcrypt_hash_length = 60;
/// The least length of the part after the last `$` for other strong methods: 256 bits in crypt's base64.
constexpr std::size_t shortest_digest = 43;

Error cannot_hash(int error_number) {
    return Error{errc::internal, "The password could not be hashed"}.with_cause(
        fmt::format("libxcrypt: {}", std::generic_category().message(error_number)));
}

// The bounds are about ten times the cost of `hash_password`'s own hashes in time, and 64 MiB in memory.

std::string costly(std::string_view cost, std::string_view accepted) {
    return fmt::format("costs too much time: it has {}, and {} is accepted", cost, accepted);
}

/// `13$` and the salt.
std::string bcrypt_cost_fault(std::string_view setting) {
    constexpr std::string_view most = "13";
    const auto cost = setting.substr(0, 2); // always two digits
    return cost <= most ? std::string{} : costly(fmt::format("bcrypt's cost {}", cost), "at most 13");
}

/// `rounds=5000$` and the salt, or the salt alone.
std::string rounds_fault(std::string_view setting) {
    constexpr std::uint64_t most = 1'000'000;
    constexpr std::string_view name = "rounds=";
    if (!setting.starts_with(name))
        return {}; // 5000
    const auto text = setting.substr(name.size(), setting.find('$') - name.size());
    std::uint64_t rounds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rounds);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    return is_number && rounds <= most ? std::string{}
                                       : costly(fmt::format("SHA-512's rounds={}", text), "at most 1000000");
}

/// Parameters such as `j9T$`, and the salt. Accepts those that crypt_gensalt makes, since the cost of others
/// has no simple order.
std::string yescrypt_cost_fault(std::string_view setting) {
    constexpr unsigned long most = 7;
    static const std::vector<std::string> accepted = [] {
        std::vector<std::string> parameters;
        for (unsigned long cost = 1; cost <= most; ++cost) {
            std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> made{};
            if (crypt_gensalt_rn("$y$", cost, nullptr, 0, made.data(), static_cast<int>(made.size())) !=
                nullptr)
                parameters.emplace_back(
                    std::string{made.data()}.substr(3, std::string{made.data()}.find('$', 3) - 3));
        }
        return parameters;
    }();
    const auto parameters = setting.substr(0, setting.find('$'));
    return std::find(accepted.begin(), accepted.end(), parameters) != accepted.end()
               ? std::string{}
               : costly(fmt::format("yescrypt's parameters {}", parameters.substr(0, 16)),
                        "at most jBT (cost 7, 64 MiB)");
}

/// A character of crypt's base64 as a number; 64 for another one.
std::uint64_t value_of(char character) {
    constexpr std::string_view digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return std::min(digits.find(character), digits.size());
}

/// The logarithm of N as one character, r and p as five each (the lowest first), and the salt.
std::string scrypt_cost_fault(std::string_view setting) {
    constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20U;
    constexpr std::size_t length = 11;
    constexpr std::uint64_t largest_logarithm = 30;
    const auto number = [&](std::size_t start) {
        std::uint64_t value = 0;
        for (std::size_t index = 5; index > 0; --index)
            value = value << 6U | value_of(setting[start + index - 1]);
        return value;
    };
    if (setting.size() > length && value_of(setting[0]) <= largest_logarithm) {
        const auto blocks = number(1) * number(6); // below 2^60
        if (blocks > 0 && blocks <= most_bytes && (blocks << (value_of(setting[0]) + 7)) <= most_bytes)
            return {};
    }
    return costly(fmt::format("scrypt's parameters {}", setting.substr(0, length)),
                  "128 N r p of at most 64 MiB, as in CU..../....,");
}

struct Kind {
    std::string_view prefix;
    std::string (*cost_fault)(std::string_view setting); ///< of the text after the prefix
};

/// The kinds that are accepted.
constexpr Kind kinds[] = {{"$y$", &yescrypt_cost_fault}, {"$gy$", &yescrypt_cost_fault},
                          {"$7$", &scrypt_cost_fault},   {"$2b$", &bcrypt_cost_fault},
                          {"$2y$", &bcrypt_cost_fault},  {"$2a$", &bcrypt_cost_fault},
                          {"$6$", &rounds_fault}};

/// Null for an unknown kind.
const Kind* kind_of(std::string_view hash) noexcept {
    const auto* const found = std::find_if(std::begin(kinds), std::end(kinds),
                                           [&](const Kind& kind) { return hash.starts_with(kind.prefix); });
    return found != std::end(kinds) ? found : nullptr;
}

} // namespace

std::string_view password_hash_fault(std::string_view hash) {
    const std::string setting{hash};
    if (kind_of(hash) == nullptr || crypt_checksalt(setting.c_str()) != CRYPT_SALT_OK)
        return "is weak or of an unknown kind; bcrypt ($2y$), yescrypt ($y$) and SHA-512 ($6$) are accepted";
    const bool whole = hash.starts_with("$2") ? hash.size() == bcrypt_hash_length
                                              : hash.size() - hash.rfind('$') - 1 >= shortest_digest;
    return whole ? std::string_view{} : "is cut off";
}

std::string password_cost_fault(std::string_view hash) {
    const auto* const kind = kind_of(hash);
    return kind != nullptr ? kind->cost_fault(hash.substr(kind->prefix.size())) : std::string{};
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
