#include "server/tls_context.hpp"

#include <boost/asio/buffer.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portrait::http {
namespace {

constexpr std::size_t max_pem_bytes = std::size_t{1} << 20;
constexpr const char* ciphers = // of TLS 1.2; those of 1.3 are all of this kind
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr int security_level = 2; // 112 bits: RSA keys of 2048 bits, no SHA-1
constexpr long sessions_to_resume = 4096;
constexpr std::string_view protocol = "http/1.1";

/// The text of a private key, overwritten at its end.
class SecretText {
public:
    explicit SecretText(std::size_t size)
        : text_(size, '\0') {}
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    ~SecretText() { OPENSSL_cleanse(text_.data(), text_.size()); }

    std::string& text() noexcept { return text_; }

private:
    std::string text_;
};

Error unusable(std::string_view name, const std::filesystem::path& path, std::string_view fault,
               const std::error_code& cause) {
    Error error{errc::file_invalid, fmt::format("The {} {} {}", name, path.string(), fault)};
    return cause ? std::move(error).with_cause(cause.message()) : error;
}

Error unreadable(std::string_view name, const std::filesystem::path& path, std::string_view fault) {
    return unusable(name, path, fault, {errno, std::generic_category()});
}

/// Reads a file after checking its type and mode by the same descriptor. A secret that every user of the
/// machine may read or change is refused.
[[nodiscard]] result<void> read_pem(const std::filesystem::path& path, std::string_view name, bool is_secret,
                                    SecretText& secret) {
    const int file = ::open(path.c_str(),
                            O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); // no wait for a FIFO's writer
    if (file < 0)
        return unreadable(name, path, errno == ENOENT ? "does not exist" : "can't be opened");
    struct Close {
        int file;
        ~Close() { ::close(file); }
    } const close{file};
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return unusable(name, path, "is not a regular file", {});
    if (is_secret && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return unusable(
            name, path,
            "may be read or changed by everybody on this machine; run chmod o-rwx on it, or chmod "
            "600 when no group needs it",
            {});
    auto& text = secret.text();
    std::size_t size = 0;
    for (ssize_t count = 1; count != 0 && size < text.size();) {
        count = ::read(file, text.data() + size, text.size() - size);
        if (count < 0 && errno != EINTR)
            return unreadable(name, path, "can't be read");
        size += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    if (size == text.size())
        return unusable(name, path, fmt::format("is larger than the {} bytes accepted", max_pem_bytes), {});
    text.resize(size);
    return {};
}

/// Accepts a client's list of protocols when ours is in it, and ends the handshake otherwise (RFC 7301).
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const unsigned char* const name = offered + at + 1;
        if (std::string_view{reinterpret_cast<const char*>(name), offered[at]} == protocol) {
            *chosen = name;
            *chosen_size = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string name_of(const X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> text{BIO_new(BIO_s_mem()), BIO_free_all};
    if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0)
        return {};
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string day_of(const ASN1_TIME* time) {
    std::tm day{};
    if (ASN1_TIME_to_tm(time, &day) != 1)
        return "an unknown day";
    return fmt::format("{:%Y-%m-%d}", day);
}

} // namespace

TlsContext::TlsContext() {
    SSL_CTX* const context = handle_;
    SSL_CTX_set_security_level(context, security_level);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, ciphers);
    SSL_CTX_set1_groups_list(context, groups);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // For TLS 1.2, which has no tickets here.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, sessions_to_resume);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("portrait"), 8);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    // Idle connections release their buffers; a write may be retried from another address; a peer that sends
    // records without data can't keep the thread inside one call.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1); // one call per record or more, not two
}

result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options,
                                                           SessionTickets::Clock clock) {
    ERR_clear_error();
    std::shared_ptr<TlsContext> context{new TlsContext};
    if (auto used = context->use_certificate(options.certificate); !used)
        return used.error();
    if (auto used = context->use_key(options.key); !used)
        return used.error();
    if (SSL_CTX_check_private_key(context->handle()) != 1) {
        ERR_clear_error();
        return Error{errc::file_invalid, fmt::format("The TLS key {} is not the key of the certificate {}",
                                                     options.key.string(), options.certificate.string())};
    }
    if (auto used = SessionTickets::use_in(context->handle(), std::move(clock)); !used)
        return used.error();
    context->describe();
    return std::shared_ptr<const TlsContext>{std::move(context)};
}

result<void> TlsContext::use_certificate(const std::filesystem::path& path) {
    constexpr std::string_view name = "TLS certificate";
    SecretText text{max_pem_bytes + 1};
    if (auto read = read_pem(path, name, false, text); !read)
        return read;
    boost::system::error_code error;
    context_.use_certificate_chain(boost::asio::buffer(text.text()), error);
    if (text.text().empty() || error.value() == ERR_R_PEM_LIB) // Asio's, when there isn't even a first one
        return unusable(name, path, "holds no certificate in PEM form", {});
    if (error)
        return unusable(name, path, "has a certificate that is damaged or can't be used", error);
    return {};
}

result<void> TlsContext::use_key(const std::filesystem::path& path) {
    constexpr std::string_view name = "TLS key";
    SecretText secret{max_pem_bytes + 1};
    if (auto read = read_pem(path, name, true, secret); !read)
        return read;
    boost::system::error_code error;
    const auto needs_password = std::make_shared<bool>(false);
    context_.set_password_callback(
        [needs_password](std::size_t, boost::asio::ssl::context::password_purpose) {
            *needs_password = true;
            return std::string{};
        },
        error);
    context_.use_private_key(boost::asio::buffer(secret.text()), boost::asio::ssl::context::pem, error);
    if (error && *needs_password)
        return unusable(name, path,
                        "is protected by a password, which can't be typed here; write one without a password "
                        "by openssl pkey -in FILE -out FILE",
                        {});
    // `load` checks whether it is the certificate's key: its message is clearer.
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    if (!error || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
        return {};
    return unusable(name, path, "holds no private key in PEM form that can be used", error);
}

void TlsContext::describe() {
    const X509* const certificate = SSL_CTX_get0_certificate(handle());
    const ASN1_TIME* const begin = X509_get0_notBefore(certificate);
    const ASN1_TIME* const end = X509_get0_notAfter(certificate);
    out_of_date_ = X509_cmp_current_time(begin) > 0 || X509_cmp_current_time(end) < 0;
    description_ = fmt::format("{}, from {} to {}", name_of(certificate), day_of(begin), day_of(end));
}

[[nodiscard]] result<void> check_tls(const TlsOptions& options) {
    auto context = TlsContext::load(options);
    if (!context)
        return context.error();
    return {};
}

} // namespace portrait::http
