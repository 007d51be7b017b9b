#include "server/tls_context.hpp"

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
constexpr long seconds_to_resume = 3600;
constexpr std::string_view protocol = "http/1.1";

template<auto Function>
struct Call {
    template<class T>
    void operator()(T* object) const noexcept {
        Function(object);
    }
};
using Bio = std::unique_ptr<BIO, Call<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Call<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Call<EVP_PKEY_free>>;

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

/// A message that names the file, with what OpenSSL said last as its cause.
Error unusable(std::string_view name, const std::filesystem::path& path, std::string_view what) {
    const auto* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    Error error{errc::internal, fmt::format("the {} {} {}", name, path.string(), what)};
    return reason == nullptr ? error : std::move(error).with_cause(reason);
}

Error unreadable(std::string_view name, const std::filesystem::path& path, std::string_view what) {
    return Error{errc::internal, fmt::format("the {} {} {}", name, path.string(), what)}.with_cause(
        std::generic_category().message(errno));
}

Bio reader_of(std::string_view text) {
    return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Checks the mode and reads the text of one open file, so that it can't be another in between. A secret is
/// refused when every user of the machine may read or change it.
[[nodiscard]] result<void> read_pem(const std::filesystem::path& path, std::string_view name, bool is_secret,
                                    SecretText& secret) {
    const int file = ::open(path.c_str(),
                            O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); // a FIFO has no writer to wait for
    if (file < 0)
        return unreadable(name, path, errno == ENOENT ? "does not exist" : "can't be opened");
    struct Close {
        int file;
        ~Close() { ::close(file); }
    } const close{file};
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return Error{errc::internal, fmt::format("the {} {} is not a regular file", name, path.string())};
    if (is_secret && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return Error{errc::internal,
                     fmt::format("everybody on this machine may read or change the TLS key {}; take that "
                                 "away by chmod o-rwx, or chmod 600 when nobody else needs it",
                                 path.string())};
    auto& text = secret.text();
    std::size_t size = 0;
    for (ssize_t count = 1; count != 0 && size < text.size();) {
        count = ::read(file, text.data() + size, text.size() - size);
        if (count < 0 && errno != EINTR)
            return unreadable(name, path, "can't be read");
        size += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    if (size == text.size())
        return Error{errc::internal,
                     fmt::format("the {} {} has more than {} bytes", name, path.string(), max_pem_bytes)};
    text.resize(size);
    return {};
}

int no_password(char* /*password*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

/// Among the protocols that a client names has to be ours: others would be spoken past each other.
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
    const Bio text{BIO_new(BIO_s_mem())};
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
    return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

} // namespace

TlsContext::TlsContext()
    : handle_{SSL_CTX_new(TLS_server_method())} {
    if (!handle_)
        throw std::bad_alloc{};
    SSL_CTX* const context = handle_.get();
    SSL_CTX_set_security_level(context, security_level);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, ciphers);
    SSL_CTX_set1_groups_list(context, groups);
    // Sessions are resumed from memory and not by tickets, whose key would unlock what was recorded for as
    // long as the process lives.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, sessions_to_resume);
    SSL_CTX_set_timeout(context, seconds_to_resume);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("portrait"), 8);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    // Idle connections give their buffers back; the same write may be tried again from another place; and a
    // peer whose records hold no data can't keep the thread inside of one call.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options) {
    ERR_clear_error();
    std::shared_ptr<TlsContext> context{new TlsContext};
    if (auto used = context->use_certificate(options.certificate); !used)
        return used.error();
    if (auto used = context->use_key(options.key); !used)
        return used.error();
    if (SSL_CTX_check_private_key(context->handle()) != 1) {
        ERR_clear_error();
        return Error{errc::internal, fmt::format("the TLS key {} is not the key of the certificate {}",
                                                 options.key.string(), options.certificate.string())};
    }
    context->describe();
    return std::shared_ptr<const TlsContext>{std::move(context)};
}

result<void> TlsContext::use_certificate(const std::filesystem::path& path) {
    constexpr std::string_view name = "TLS certificate";
    SecretText text{max_pem_bytes + 1};
    if (auto read = read_pem(path, name, false, text); !read)
        return read;
    const Bio reader = reader_of(text.text());
    const Certificate own{PEM_read_bio_X509_AUX(reader.get(), nullptr, nullptr, nullptr)};
    if (!own)
        return unusable(name, path, "holds no certificate in PEM form");
    if (SSL_CTX_use_certificate(handle(), own.get()) != 1)
        return unusable(name, path, "can't be used");
    for (;;) {
        Certificate next{PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)};
        if (!next)
            break;
        if (SSL_CTX_add0_chain_cert(handle(), next.get()) != 1)
            return unusable(name, path, "has a certificate that can't be used in its chain");
        (void)next.release(); // the context's now
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return unusable(name, path, "has a damaged certificate after the first");
    ERR_clear_error();
    return {};
}

result<void> TlsContext::use_key(const std::filesystem::path& path) {
    SecretText secret{max_pem_bytes + 1};
    if (auto read = read_pem(path, "TLS key", true, secret); !read)
        return read;
    const Bio reader = reader_of(secret.text());
    bool asked = false;
    const Key key{PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, &asked)};
    if (!key && asked) {
        ERR_clear_error();
        return Error{errc::internal, fmt::format("the TLS key {} is protected by a password, which nobody is "
                                                 "there to type; write one without by openssl pkey -in FILE "
                                                 "-out FILE",
                                                 path.string())};
    }
    if (!key)
        return unusable("TLS key", path, "holds no private key in PEM form");
    // Whether it belongs to the certificate is asked afterwards, which tells it more clearly.
    if (SSL_CTX_use_PrivateKey(handle(), key.get()) != 1 &&
        ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH &&
        ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_TYPE_MISMATCH)
        return unusable("TLS key", path, "can't be used");
    return {};
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
