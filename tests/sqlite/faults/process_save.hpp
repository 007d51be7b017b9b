#pragma once

#include <portrait/image_commands.hpp>

#include <cstdint>
#include <vector>

namespace portrait::testing {

/// The save of the store process in a round: a different picture in each, for 20 persons in turn.
inline SaveImage process_save(std::uint32_t round) {
    std::vector<std::byte> bytes(1000 + round % 50 * 1000);
    std::uint32_t state = round;
    for (auto& byte : bytes) {
        state = state * 1'664'525U + 1'013'904'223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    const auto digest = digest_of(bytes);
    return {.target = PersonId::from(round % 20 + 1).value(),
            .content = ImageContent{.bytes = ImageBytes{std::move(bytes)}, .header = {}, .digest = digest},
            .texts = {},
            .actor = {},
            .now = {},
            .precondition = {}};
}

} // namespace portrait::testing
