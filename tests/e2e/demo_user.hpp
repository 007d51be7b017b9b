#pragma once

#include "support/raw_http.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// Requests of the user that `--demo` creates.
namespace portrait::testing {

/// Returns the user's `Authorization`, followed by `more`.
inline RawFields as_demo_user(const RawFields& more = {}) {
    RawFields fields{{"Authorization", basic_authorization("tje0", "Tje0")}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

inline std::string image_path(std::int64_t person) {
    return "/api/v1/Person/" + std::to_string(person) + "/Image";
}

inline RawResponse put_image(std::uint16_t port, std::int64_t person, std::string_view picture,
                             std::string_view type = "image/jpeg") {
    return fetch(port, "PUT", image_path(person), as_demo_user({{"Content-Type", std::string{type}}}),
                 picture);
}

inline RawResponse get_image(std::uint16_t port, std::int64_t person) {
    return fetch(port, "GET", image_path(person), as_demo_user());
}

} // namespace portrait::testing
