#pragma once

#include "agents/agent_arguments.hpp"
#include "callers/sign_in.hpp"
#include "headers/content_types.hpp"
#include "routes/reply.hpp"

#include <portrait/http/endpoint.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// Answers a request from its head alone, but later.
using Later = std::function<void(const Reply&)>;

/// The outcome of a request's head: an answer, an answer that comes later, or an exchange that gets the body.
using Begun = std::variant<Answer, Later, Exchange>;

/// The callers that a route serves.
enum class Callers {
    anyone,     ///< without credentials: the health routes
    visitors,   ///< without credentials; the route itself finds a session
    signing_in, ///< Basic credentials, or a form in the body
    recognised, ///< valid credentials or a session
};

/// The content of a body. `openapi_content` has the media types and the schema of each.
enum class BodyContent {
    nothing,
    problem,
    picture, ///< of an answer: in the type it is stored in
    upload,  ///< a picture as it is or in a form
    blob_id, ///< a number
    entity,  ///< a BlobEntity
    entity_or_null,
    entity_change,   ///< a BlobEntity or a patch of one
    agent_arguments, ///< the arguments of an agent's call
    agent_picture,   ///< raw bytes, the picture, or a document with base64
    person_image,
    person_images,
    person_entity,
    person,
    person_entity_or_null,
    person_or_null,
    persons,   ///< a page of a list
    principal, ///< the caller
    versions,
    routes,
    tenant_state,
    openapi,
    sign_in_form,
    page,
    text,
};

/// One status that a route answers with.
struct AnswerDocumentation {
    unsigned status = 0;
    BodyContent content = BodyContent::problem;
};

/// A list in a constant, of at most `capacity` values: the compiler refuses more.
template<class T, std::size_t capacity>
class ShortList {
public:
    constexpr ShortList() = default;
    constexpr ShortList(std::initializer_list<T> values) noexcept { append(values); }

    constexpr void append(std::initializer_list<T> values) noexcept {
        for (const auto& value : values)
            values_[size_++] = value;
    }
    constexpr const T* begin() const noexcept { return values_.data(); }
    constexpr const T* end() const noexcept { return values_.data() + size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }

private:
    std::array<T, capacity> values_{};
    std::size_t size_ = 0;
};

/// A route in the OpenAPI document, beyond the parts that follow from its path and its callers.
struct RouteDocumentation {
    /// The method's object in the operation's id, such as `PersonImage`; an agent's call has the id of its
    /// path.
    std::string_view subject{};
    BodyContent request = BodyContent::nothing;
    ShortList<std::string_view, 11> parameters{}; ///< keys of the document's components/parameters
    ShortList<AnswerDocumentation, 7> answers{};  ///< each status once
    ShortList<unsigned, 10> refusals{};           ///< statuses with a problem; may repeat
};

struct AgentCall;

/// A route of the contract. `constinit`, so that no order of initialisation matters.
///
/// ```
/// constinit const Route get_health{
///     .method = "GET",
///     .path = "/healthz",
///     .callers = Callers::anyone,
///     .summary = "Whether the process is alive",
///     .begin = &begin_health,
///     .document = {.subject = "Health", .answers = {{200, BodyContent::text}}}};
/// ```
struct Route {
    std::string_view method{}; ///< HEAD is served wherever GET is
    std::string_view path{};   ///< one name in braces, such as `{personId}`, takes any segment
    bool at_root = false;      ///< outside the base path, since the server as a whole is meant
    Callers callers = Callers::recognised;
    Access access = Access::read;
    std::string_view summary{}; ///< one line, for people
    Begun (*begin)(const RequestPointer& request) = nullptr;
    /// Changes the browser's session: a page of another site must not sign its visitor in as another user,
    /// nor out.
    bool changes_session = false;
    /// A picture is uploaded, so the strict switch applies (contract section 2).
    bool takes_picture = false;
    /// The Accept field of a 415 with these options; null: none.
    std::string (*accepts)(const EndpointOptions& options) = nullptr;
    /// Of an agent's call: the arguments in the body, in any case and order.
    ShortList<AgentArgument, 4> arguments{};
    /// Answers an agent's call.
    void (*handler)(AgentCall& call, const Reply& reply) = nullptr;
    /// Whether these options switch the route on; null: always.
    bool (*is_on)(const EndpointOptions& options) = nullptr;
    /// A route of the host's own.
    const HostRoute* host = nullptr;
    RouteDocumentation document{};

    bool needs_caller() const noexcept {
        return callers == Callers::signing_in || callers == Callers::recognised;
    }
    /// The route at another method or path.
    constexpr Route at(std::string_view other_method, std::string_view other_path,
                       std::string_view other_summary) const noexcept {
        Route other = *this;
        other.method = other_method;
        other.path = other_path;
        other.summary = other_summary;
        return other;
    }
    bool has_person_id() const noexcept { return path.find("{personId}") != std::string_view::npos; }
};

/// Whether the strict switch turns this status of an upload's refusal into 400 (contract section 2).
constexpr bool is_400_when_strict(unsigned status) noexcept {
    return status > 400 && status < 500 && status != 401 && status != 403 && status != 412 && status != 429;
}

/// The formats whose conversion is switched on.
inline ConvertibleFormats converted_formats(const EndpointOptions& options) noexcept {
    return options.upload_converter ? options.upload_converter->formats() : ConvertibleFormats{};
}

/// For `Route::accepts`.
inline std::string accepted_uploads(const EndpointOptions& options) {
    return accepted_upload_types(converted_formats(options));
}

/// For `Route::accepts`.
inline std::string accepted_bodies(const EndpointOptions& /*options*/) {
    return std::string{accepted_body_types()};
}

/// For `Route::accepts`.
inline std::string accepted_sign_in_form(const EndpointOptions& /*options*/) {
    return std::string{sign_in_form_type};
}

/// For `Route::is_on`.
inline bool has_sessions(const EndpointOptions& options) {
    return options.schemes.session;
}

} // namespace portrait::http
