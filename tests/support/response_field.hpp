#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::testing {

/// The value of a field; empty when there is none of that name.
inline std::string field(const http::Response& response, std::string_view name) {
    const auto* const value = response.find(name);
    return value != nullptr ? std::string{*value} : std::string{};
}

} // namespace portrait::testing
