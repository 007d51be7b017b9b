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
#include <portrait/http/session_store.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/rendition_service.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace portrait::http {

/// What `begin` learned of a request whose body may come now. Hand it to `finish`. One that was moved from
/// has a limit of 0 and empty texts; handing it to the endpoint throws `std::invalid_argument`.
class PORTRAIT_EXPORT Admission {
public:
    struct PORTRAIT_HIDDEN State; // opaque

    Admission(Admission&&) noexcept;
    Admission& operator=(Admission&&) noexcept;
    ~Admission();

    /// The most bytes that the body may have; 0 when the route takes none.
    std::uint64_t body_limit() const noexcept;
    /// Who was recognised; empty on routes that ask nobody.
    const std::string& principal() const noexcept;
    const std::string& request_id() const noexcept;

private:
    friend class Endpoint;
    explicit Admission(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// An answer at once, or the leave to send the body.
using BeginOutcome = std::variant<Response, Admission>;

/// What an endpoint does beyond its ports. The defaults suit a server that is open to strangers.
struct EndpointOptions {
    /// `--strict-superoffice` (contract section 2): 4xx of an upload become 400, but for 401, 403, 412 and
    /// 429.
    bool strict_superoffice = false;

    // Who is calling (contract section 4).
    AuthenticationSchemes schemes{};
    SessionOptions sessions{};
    std::shared_ptr<SessionStore> session_store{}; ///< null: a `MemorySessionStore` of the endpoint's own
    CorsOptions cors{};
    /// Empty: SO-AppToken is ignored. Otherwise a request that carries one has to carry one of these, and
    /// SoTicket requires one; 403 if not.
    AppTokens app_tokens{};
    std::shared_ptr<const SteadyClock> clock{}; ///< for the endpoint's own sessions; null: the system's

    LocalizationOptions localization{};

    /// Routes of the host's own, such as a page for people.
    std::vector<HostRoute> host_routes{};

    /// Scales and converts pictures and draws placeholders (contract section 2, GET parameters; section 7,
    /// the calls that scale). Null: what needs it is 501, and an Accept that excludes a picture's type gets
    /// the picture as it is.
    std::shared_ptr<const RenditionService> renditions{};
    /// What `/metrics` answers, called on the thread that asks; null: there is no such path. See `Metrics`.
    std::function<std::string()> metrics{};
    /// Only `/healthz`, `/readyz` and `/metrics`, for a server on an address that operators alone reach.
    bool operations_only = false;
};

/// The contract's routes over a `PersonImageService`, without sockets: mount it in any server.
///
/// Two steps, since a head has to be judged before its body is sent: `begin` takes the head and gives an
/// answer or an `Admission`; `finish` takes the admission and the body and gives the answer. `begin` never
/// blocks: what needs no store is answered there, pictures at hand in a cache included; it completes before
/// it returns, except when the authenticator takes its time. `finish` runs the store on the executors and
/// completes on any thread. Every completion is called exactly once. Exceptions of ports become 500 and are
/// logged. Thread-safe; must outlive its completions.
class PORTRAIT_EXPORT Endpoint {
public:
    /// Null pointers throw `std::invalid_argument`, but for `log`, which may be null.
    Endpoint(std::shared_ptr<PersonImageService> service, std::shared_ptr<Authenticator> authenticator,
             std::shared_ptr<Executor> readers, std::shared_ptr<Executor> writers,
             EndpointOptions options = {}, std::shared_ptr<Log> log = nullptr);
    ~Endpoint();

    void begin(const RequestHead& head, std::function<void(BeginOutcome)> done);
    void finish(Admission admission, ImageBytes body, std::function<void(Response)> done);

    /// Both steps for a host that has the whole request already and sends answers whole: a body that would be
    /// made piece by piece is made before `done` is called.
    void handle(const RequestHead& head, ImageBytes body, std::function<void(Response)> done);
    /// The same, waiting for the answer; don't call it on a thread that the executors or the authenticator
    /// need.
    Response handle(const RequestHead& head, ImageBytes body = {});

    /// An answer in the contract's error shape, for what a host refuses by itself (a bad request line, a body
    /// over `Admission::body_limit`, a timeout). `head` may be null when none could be read.
    Response refuse(const Problem& problem, const RequestHead* head) const;
    /// The same once the head was admitted: keeps the request's id and the strict switch's rule.
    Response refuse(const Problem& problem, const Admission& admission) const;

    /// Makes `/readyz` answer 503, so that load balancers stop sending; call it when a drain begins.
    void set_draining(bool draining) noexcept;

private:
    struct PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
