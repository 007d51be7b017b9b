#pragma once

#include "agents/agent_request.hpp"
#include "headers/negotiation.hpp"

#include <portrait/http/message.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>

#include <optional>

namespace portrait::http {

/// An answer that is bytes, in the form that was asked for.
Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format);

} // namespace portrait::http
