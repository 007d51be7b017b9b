#pragma once

#include <portrait/beast/tls_options.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace portrait::http {

/// A certificate, its key and the rules that TLS is spoken by. Connections keep the one that they were opened
/// under, so that another can take its place meanwhile. Immutable, thread-safe.
class TlsContext {
public:
    /// Errors: those of `check_tls`.
    [[nodiscard]] static result<std::shared_ptr<const TlsContext>> load(const TlsOptions& options);

    SSL_CTX* handle() const noexcept { return handle_.get(); }
    /// Whose certificate it is and until when it counts, for the log.
    const std::string& description() const noexcept { return description_; }
    /// Its time is over or hasn't come yet: clients won't take it.
    bool is_out_of_date() const noexcept { return out_of_date_; }

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    TlsContext();
    [[nodiscard]] result<void> use_certificate(const std::filesystem::path& path);
    [[nodiscard]] result<void> use_key(const std::filesystem::path& path);
    void describe();

    std::unique_ptr<SSL_CTX, Free> handle_;
    std::string description_;
    bool out_of_date_ = false;
};

} // namespace portrait::http
