#pragma once

#include <portrait/error.hpp>

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace portrait::http {

/// The keys that encrypt the session tickets of TLS 1.3. They are derived from the server's private key and
/// the present hour, so that a restarted server, and every other server with the same private key, accepts
/// the tickets, and none has to store or share anything. Tickets of the present hour and of the one before
/// are accepted. Thread-safe.
///
/// A resumed session has a key exchange of its own. So the private key, and these keys, don't decrypt
/// recorded traffic. TLS 1.2 has no such key exchange, and gets no tickets.
class SessionTickets {
public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    /// How long a ticket is accepted, and how long a key encrypts new ones.
    static constexpr std::chrono::hours lifetime{1};

    /// Makes the context, whose private key is set, use tickets. Errors: `errc::internal` when OpenSSL can't
    /// derive keys.
    [[nodiscard]] static result<void> use_in(SSL_CTX* context, Clock clock);

    SessionTickets(const SessionTickets&) = delete;
    SessionTickets& operator=(const SessionTickets&) = delete;
    ~SessionTickets();

private:
    struct Keys {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};
    };

    explicit SessionTickets(Clock clock)
        : clock_{std::move(clock)} {}

    static int index();
    static int choose(SSL* ssl, int* alert, void* argument);
    static int set_keys(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, int encrypts);
    bool use_key(EVP_PKEY* key);
    bool derive(std::int64_t hour, Keys& keys) const;
    bool renew();
    bool find(const unsigned char* name, Keys& keys);

    const Clock clock_;
    std::array<unsigned char, 32> secret_{};
    std::mutex mutex_;
    std::int64_t hour_ = 0; ///< of `present_`; 0: none yet
    Keys present_;
    Keys previous_;
};

} // namespace portrait::http
