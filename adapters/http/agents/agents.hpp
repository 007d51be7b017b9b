#pragma once

#include <portrait/http/problem.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The calls of the agents (contract section 7).
enum class AgentCall {
    none, ///< the request is no agent's call
    get_person_image,
    set_person_image, ///< of either agent
    get_person_images,
    create_default_person_image,
    get_person_image_or_nothing, ///< the BLOB agent's GetPersonImage
    get_person_image_with_size,
    change_person_image,
    save_image_stream,
    get_blob_entity_on_person,
    get_blob_entity,
    create_default_blob_entity,
    save_blob_entity,
    delete_blob_entity,
    get_blob_stream,
    set_blob_stream,
};

/// How a call's argument is written.
enum class AgentArgumentType {
    number,  ///< int32
    numbers, ///< a list of int32
    text,
    bytes,  ///< base64
    either, ///< a name or its number
};

struct AgentArgument {
    std::string_view name;
    AgentArgumentType type;
};

/// One call as the contract's table has it.
struct AgentCallDescription {
    AgentCall call;
    /// Of the body, in any case and order; others are ignored. Empty: the body is ignored.
    std::vector<AgentArgument> arguments;
};

/// Never null for a call other than `none`. Thread-safe.
const AgentCallDescription& describe(AgentCall call);

/// The 404 for a path below `/api/v1/Agents/`: names the calls of the agent, or the agents.
/// `known` are the paths of the calls that there are, such as `/api/v1/Agents/BLOB/GetBlobEntity`.
Problem unknown_agent_call(std::string_view agent, std::string_view method,
                           std::span<const std::string_view> known);

} // namespace portrait::http
