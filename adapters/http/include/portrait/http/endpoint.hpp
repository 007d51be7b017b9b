#pragma once

#include <portrait/clock.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/caller_options.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/http/host_route.hpp>
#include <portrait/http/localization_options.hpp>
#include <portrait/http/log.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/http/secret_digest.hpp>
#include <portrait/http/session_store.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/rendition_service.hpp>
#include <portrait/upload_converter.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portrait::http {

/// A request whose head was accepted and whose body may be sent; pass it to `finish`. A moved-from one has a
/// limit of 0 and empty texts, and the endpoint throws `std::invalid_argument` for it.
class PORTRAIT_EXPORT Admission {
public:
    struct PORTRAIT_HIDDEN State; // opaque

    Admission(Admission&&) noexcept;
    Admission& operator=(Admission&&) noexcept;
    ~Admission();

    /// The most bytes of the body; 0 when the route accepts none.
    std::uint64_t body_limit() const noexcept;
    /// The caller's name; empty on routes without authentication.
    const std::string& principal() const noexcept;
    const std::string& request_id() const noexcept;

private:
    friend class Endpoint;
    explicit Admission(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// An answer, or permission to send the body.
using BeginOutcome = std::variant<Response, Admission>;

/// Whether a text is empty or a base path: a slash and a name, perhaps several times. Names have letters,
/// digits and `-._~`, and are not `.` or `..`.
PORTRAIT_EXPORT bool is_base_path(std::string_view text) noexcept;

/// Options of an `Endpoint`. The defaults suit a server on the public net.
struct EndpointOptions {
    /// `--strict-superoffice` (contract section 2): 4xx of an upload become 400, except 401, 403, 412 and
    /// 429.
    bool strict_superoffice = false;

    /// The path below which everything is but `/healthz`, `/readyz`, `/metrics` and `/api/state/…`, such as
    /// `/Cust12345`; cookies, links and host routes included. Checked by `is_base_path`. Empty: the root.
    std::string base_path{};

    // Authentication (contract section 4).
    AuthenticationSchemes schemes{};
    SessionOptions sessions{};
    std::shared_ptr<SessionStore> session_store{}; ///< null: a `MemorySessionStore` of the endpoint's own
    CorsOptions cors{};
    /// The origin by which browsers reach the endpoint, such as `https://pictures.example.com`: its own pages
    /// may write with a session or with Basic, with https cookies are Secure, and URLs in answers begin with
    /// it. Checked by `is_cors_origin`. Empty: `RequestHead::forwarded_host`, or Host.
    std::string public_url{};
    /// Signs the cookie by which a browser proves that a user has signed in from it before, for 90 days (see
    /// `BasicCredentials::known_browser`). Random and secret, and the same on every server of a cluster.
    /// Absent: a random one, so that a restart forgets the browsers.
    std::optional<SecretDigest> known_browser_key{};
    /// Empty: SO-AppToken is ignored. Otherwise a request's SO-AppToken has to be one of these, and
    /// SoTicket requires one; 403 if not.
    AppTokens app_tokens{};
    std::shared_ptr<const SteadyClock> clock{}; ///< for the endpoint's own sessions; null: the system's

    LocalizationOptions localization{};

    /// Further routes, such as a start page.
    std::vector<HostRoute> host_routes{};

    /// Scales and converts pictures and draws placeholders (contract section 2, GET parameters; section 7).
    /// Null: requests that need it get 501, and Accept is ignored for pictures.
    std::shared_ptr<const RenditionService> renditions{};
    /// Converts uploads of its `formats()`, which must not change, before they are stored (contract section
    /// 2,
    /// `--convert-uploads`). Null: they are refused.
    std::shared_ptr<const UploadConverter> upload_converter{};
    /// Makes the body of `/metrics`, called on the request's thread; null: no such path. See `Metrics`.
    std::function<std::string()> metrics{};
    /// Serves only `/healthz`, `/readyz` and `/metrics`, for an address that only operators reach.
    bool operations_only = false;
};

/// The contract's routes over a `PersonImageService`, without sockets: mount it in any server.
///
/// ```
/// auto service = std::make_shared<PersonImageService>(store, persons);
/// auto pool = std::make_shared<http::WorkerPool>(4, 1000);
/// http::Endpoint endpoint{service, authenticator, pool, pool};
/// http::Response response = endpoint.handle({.method = "GET", .target = "/api/v1/Person/7/Image"});
/// ```
///
/// A host that receives heads before bodies calls two steps: `begin` accepts or answers the head; `finish`
/// answers the body. `begin` never blocks: it answers requests that need no store, those for cached pictures
/// included; it completes before it returns unless the authenticator completes later. `finish` runs the store
/// on the executors and completes on any thread. Every completion is called exactly once. Exceptions of ports
/// become 500 and are logged. Thread-safe. Its destructor waits for its completions; one that destroys it
/// ends the process with a message.
class PORTRAIT_EXPORT Endpoint {
public:
    /// Throws `std::invalid_argument` for a null pointer other than `log`, a public URL that is no origin,
    /// and a base path that is none.
    Endpoint(std::shared_ptr<PersonImageService> service, std::shared_ptr<Authenticator> authenticator,
             std::shared_ptr<Executor> readers, std::shared_ptr<Executor> writers,
             EndpointOptions options = {}, std::shared_ptr<Log> log = nullptr);
    ~Endpoint();

    void begin(const RequestHead& head, std::function<void(BeginOutcome)> done);
    void finish(Admission admission, ImageBytes body, std::function<void(Response)> done);

    /// Both steps, for a host that has the whole request: `head.content_length` isn't needed. The answer has
    /// its whole body, no producer. Passes an `AccessRecord` to the log before it completes, which `begin`
    /// and `finish` leave to their host: only that knows how many bytes it sends.
    void handle(const RequestHead& head, ImageBytes body, std::function<void(Response)> done);
    /// Both steps; blocks until the answer is there. Must not be called on a thread that the executors or the
    /// authenticator need.
    Response handle(const RequestHead& head, ImageBytes body = {});

    /// An error answer of the contract for a host's own refusals (a bad request line, a body over
    /// `Admission::body_limit`, a timeout). `head` is null when it could not be read.
    Response refuse(const Problem& problem, const RequestHead* head) const;
    /// An error answer after the head was accepted, with the request's id and `strict_superoffice`.
    Response refuse(const Problem& problem, const Admission& admission) const;

    /// Makes `/readyz` answer 503, so that load balancers send no more; call it when a drain begins.
    void set_draining(bool draining) noexcept;

private:
    struct PORTRAIT_HIDDEN State;

    /// A completion that passes an access record to the log first.
    std::function<void(Response)> logged(const RequestHead& head, std::uint64_t request_bytes,
                                         std::function<void(Response)> done) const;

    std::unique_ptr<State> state_;
};

} // namespace portrait::http
