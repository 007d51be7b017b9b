#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <chrono>
#include <filesystem>

namespace portrait::http {

/// How a server speaks TLS: versions 1.2 and 1.3, ECDHE with AES-GCM or ChaCha20-Poly1305, no renegotiation,
/// no compression, and of the protocols that a client names by ALPN `http/1.1` alone.
struct TlsOptions {
    /// PEM: the server's certificate and then those that lead to the root's, at most 1 MiB.
    std::filesystem::path certificate;
    /// PEM without a password. A file that everybody on the machine may read or change is refused.
    std::filesystem::path key;
    /// What each answer's Strict-Transport-Security makes browsers keep to https for; 0: no such field.
    std::chrono::seconds hsts{0};
};

/// Whether a server could speak TLS by them now; reads both files and changes nothing. Errors:
/// `errc::internal` with a message for the operator that names the file and what is wrong with it.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_tls(const TlsOptions& options);

} // namespace portrait::http
