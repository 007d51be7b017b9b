#pragma once

#include "agents/agent_arguments.hpp"
#include "agents/agent_request.hpp"
#include "headers/negotiation.hpp"
#include "localization/localization.hpp"

#include <portrait/actor.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/precondition.hpp>

#include <optional>
#include <variant>

namespace portrait::http {

/// An answer, or why there is none.
using AgentOutcome = std::variant<Response, Error, Problem>;

/// A call and what it is made with; references to what lives as long as the request.
struct AgentCaller {
    PersonImageService& service;
    const AgentRequest& request;
    ResponseType response_type;
    const Localization& localization;
    const Actor& actor;
    const Precondition& precondition;
};

/// Answers every call but `set_person_image`, which saves without blocking, and those that scale, which wait
/// for a renderer. Blocks as long as the store does.
AgentOutcome answer_agent_call(const AgentCaller& caller, const AgentArguments& arguments);

/// An answer that is bytes, in the form that was asked for.
Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format);

/// The answer to calls that store a picture's bytes and have nothing to say.
Response stored_by_agent_answer(const ImageInfo& info);

} // namespace portrait::http
