#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <chrono>
#include <filesystem>

namespace portrait::http {

/// A server's TLS: versions 1.2 and 1.3, ECDHE with AES-GCM or ChaCha20-Poly1305, no renegotiation, no
/// compression, no early data, ALPN `http/1.1` only. Tickets of TLS 1.3 are accepted for an hour by every
/// server with the same private key.
struct TlsOptions {
    /// PEM: the server's certificate, followed by the intermediate ones; at most 1 MiB.
    std::filesystem::path certificate;
    /// PEM without a password. A file that all users of the machine may read or change is refused.
    std::filesystem::path key;
    /// The max-age of Strict-Transport-Security; 0: no such field.
    std::chrono::seconds hsts{0};
};

/// Checks that both files can be used at present. Errors: `errc::file_invalid` with the file and its fault in
/// the message.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_tls(const TlsOptions& options);

} // namespace portrait::http
