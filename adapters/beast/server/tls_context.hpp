#pragma once

#include "server/session_tickets.hpp"

#include <portrait/beast/tls_options.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace portrait::http {

/// A certificate, its key and the settings of TLS. A connection keeps the context that it was opened with, so
/// that it can be replaced meanwhile. Immutable, thread-safe.
class TlsContext {
public:
    /// `clock` decides which session tickets are accepted. Errors: those of `check_tls`.
    [[nodiscard]] static result<std::shared_ptr<const TlsContext>>
    load(const TlsOptions& options, SessionTickets::Clock clock = std::chrono::system_clock::now);

    SSL_CTX* handle() const noexcept { return handle_; }
    /// The subject and the dates of the certificate, for the log.
    const std::string& description() const noexcept { return description_; }
    /// The certificate is expired or not valid yet: clients reject it.
    bool is_out_of_date() const noexcept { return out_of_date_; }

private:
    TlsContext();
    [[nodiscard]] result<void> use_certificate(const std::filesystem::path& path);
    [[nodiscard]] result<void> use_key(const std::filesystem::path& path);
    void describe();

    boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
    SSL_CTX* const handle_ = context_.native_handle();
    std::string description_;
    bool out_of_date_ = false;
};

} // namespace portrait::http
