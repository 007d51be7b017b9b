#include "server/session_tickets.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {
namespace {

const EVP_CIPHER* ticket_cipher() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
    return cipher;
}

OSSL_PARAM octets(const char* name, const void* data, std::size_t size) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), size); // NOLINT: it is only read
}

OSSL_PARAM text(const char* name, const char* value) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0); // NOLINT: it is only read
}

/// HKDF with SHA-256 (RFC 5869).
bool hkdf(const void* key, std::size_t key_size, std::string_view info, unsigned char* output,
          std::size_t output_size) {
    constexpr std::string_view salt = "portrait session tickets";
    const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                                EVP_KDF_free};
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(kdf.get()),
                                                                            EVP_KDF_CTX_free};
    const std::array parameters{
        text(OSSL_KDF_PARAM_DIGEST, "SHA256"), octets(OSSL_KDF_PARAM_KEY, key, key_size),
        octets(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        octets(OSSL_KDF_PARAM_INFO, info.data(), info.size()), OSSL_PARAM_construct_end()};
    return context && EVP_KDF_derive(context.get(), output, output_size, parameters.data()) == 1;
}

} // namespace

SessionTickets::~SessionTickets() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
    for (Keys* const keys : {&present_, &previous_})
        OPENSSL_cleanse(keys, sizeof *keys);
}

result<void> SessionTickets::use_in(SSL_CTX* context, Clock clock) {
    std::unique_ptr<SessionTickets> tickets{new SessionTickets{std::move(clock)}};
    if (!tickets->use_key(SSL_CTX_get0_privatekey(context)) || ticket_cipher() == nullptr ||
        SSL_CTX_set_ex_data(context, index(), tickets.get()) != 1) {
        ERR_clear_error();
        return Error{errc::internal, "OpenSSL can't derive the keys of session tickets from the TLS key"};
    }
    [[maybe_unused]] auto* const owned_by_context = tickets.release();
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET); // unless `choose` permits them
    SSL_CTX_set_client_hello_cb(context, choose, nullptr);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, set_keys);
    SSL_CTX_set_timeout(context, std::chrono::seconds{lifetime}.count());
    SSL_CTX_set_num_tickets(context, 1);
    return {};
}

// Of the tickets in a context, which owns them: connections keep the context, even when the server has
// another.
int SessionTickets::index() {
    static const int made = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr,
        [](void* /*context*/, void* tickets, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*number*/,
           void* /*argument*/) { delete static_cast<SessionTickets*>(tickets); });
    return made;
}

bool SessionTickets::use_key(EVP_PKEY* key) {
    unsigned char* encoded = nullptr;
    const int size = i2d_PrivateKey(key, &encoded);
    if (size <= 0)
        return false;
    const bool derived =
        hkdf(encoded, static_cast<std::size_t>(size), "secret", secret_.data(), secret_.size());
    OPENSSL_clear_free(encoded, static_cast<std::size_t>(size));
    const std::lock_guard lock{mutex_};
    return derived && renew();
}

// Permits tickets when the client offers TLS 1.3, which is chosen then.
int SessionTickets::choose(SSL* ssl, int* /*alert*/, void* /*argument*/) {
    const unsigned char* versions = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &versions, &size) == 1) {
        for (std::size_t at = 1; at + 1 < size; at += 2) { // after the length
            if (versions[at] == TLS1_3_VERSION >> 8 && versions[at + 1] == (TLS1_3_VERSION & 0xff))
                SSL_clear_options(ssl, SSL_OP_NO_TICKET);
        }
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

// OpenSSL's callback, to encrypt a ticket or to decrypt one. 0: no ticket; 2: the client gets a new one, too.
// An exception can't leave it.
int SessionTickets::set_keys(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
                             EVP_MAC_CTX* mac, int encrypts) {
    auto* const self = static_cast<SessionTickets*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index()));
    if (SSL_version(ssl) != TLS1_3_VERSION)
        return 0;
    Keys keys;
    if (!self->find(encrypts != 0 ? nullptr : name, keys))
        return 0;
    if (encrypts != 0)
        std::copy(keys.name.begin(), keys.name.end(), name);
    const std::array parameters{octets(OSSL_MAC_PARAM_KEY, keys.mac.data(), keys.mac.size()),
                                text(OSSL_MAC_PARAM_DIGEST, "SHA256"), OSSL_PARAM_construct_end()};
    const bool set =
        (encrypts == 0 || RAND_bytes(vector, EVP_CIPHER_get_iv_length(ticket_cipher())) == 1) &&
        EVP_MAC_CTX_set_params(mac, parameters.data()) == 1 &&
        EVP_CipherInit_ex2(cipher, ticket_cipher(), keys.cipher.data(), vector, encrypts, nullptr) == 1;
    OPENSSL_cleanse(&keys, sizeof keys);
    if (!set)
        return -1;
    return encrypts != 0 ? 1 : 2;
}

bool SessionTickets::derive(std::int64_t hour, Keys& keys) const {
    std::array<unsigned char, sizeof keys.name + sizeof keys.cipher + sizeof keys.mac> made{};
    if (!hkdf(secret_.data(), secret_.size(), std::to_string(hour), made.data(), made.size()))
        return false;
    const unsigned char* at = made.data();
    for (auto [part, size] :
         {std::pair{keys.name.data(), keys.name.size()}, std::pair{keys.cipher.data(), keys.cipher.size()},
          std::pair{keys.mac.data(), keys.mac.size()}}) {
        std::copy_n(at, size, part);
        at += size;
    }
    OPENSSL_cleanse(made.data(), made.size());
    return true;
}

// Derives the keys of the present hour and the one before, unless they are the latest.
bool SessionTickets::renew() {
    const std::int64_t hour =
        std::chrono::duration_cast<std::chrono::hours>(clock_().time_since_epoch()) / lifetime;
    if (hour == hour_)
        return true;
    if (!derive(hour, present_) || !derive(hour - 1, previous_))
        return false;
    hour_ = hour;
    return true;
}

// Finds the keys with a name, or the present ones.
bool SessionTickets::find(const unsigned char* name, Keys& keys) {
    const std::lock_guard lock{mutex_};
    if (!renew())
        return false;
    const auto has_name = [name](const Keys& named) {
        return std::equal(named.name.begin(), named.name.end(), name);
    };
    if (name == nullptr || has_name(present_))
        keys = present_;
    else if (has_name(previous_))
        keys = previous_;
    else
        return false;
    return true;
}

} // namespace portrait::http
