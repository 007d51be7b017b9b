#pragma once

#include "agents/agent_request.hpp"
#include "callers/cors.hpp"
#include "headers/body_types.hpp"
#include "headers/content_types.hpp"
#include "headers/negotiation.hpp"
#include "localization/localization.hpp"
#include "pictures/image_query.hpp"
#include "routes/routes.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/precondition.hpp>

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace portrait::http {

/// The fields of a request that decide about the answer to a read; kept when the answer comes later than the
/// head.
class ConditionalFields {
public:
    ConditionalFields() = default;
    explicit ConditionalFields(const RequestHead& head);

    /// A head with these fields and nothing else; a view into this object.
    RequestHead head() const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// What signing in needs of the head.
struct SignInRequest {
    bool recognised = false; ///< by Basic in the head; otherwise the body is a form
    bool page = false;       ///< a browser shows the answer
    bool secure = false;     ///< cookies are to be sent over TLS alone
    std::string replaced;    ///< the secret of the session so far; empty: none
    std::string remote_address;
};

/// What is known of a request between its two steps.
struct Admission::State {
    Operation operation{};
    std::stop_token stop;   ///< nobody waits for the answer any more
    std::string_view route; ///< of static storage
    std::string request_id;
    bool head_only = false;       ///< the method is HEAD
    ResponseType response_type{}; ///< of documents and problems
    std::optional<PersonId> person_id;
    Principal principal;
    CorsGrant cors;
    std::uint64_t body_limit = 0;

    UploadType upload_type;    ///< of put_image
    Localization localization; ///< of routes that answer an entity
    BodyType body_type{};      ///< of put_image_info and patch_image_info
    Precondition precondition; ///< of writes
    ImageQuery query;          ///< of get_image
    ConditionalFields conditional;
    SignInRequest sign_in; ///< of create_session
    AgentRequest agent;    ///< of the calls of agents
};

} // namespace portrait::http
