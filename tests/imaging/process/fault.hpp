#pragma once

#include <cstdint>

namespace portrait::testing {

/// What `portrait_faulty_render` does with a picture, by the wanted width.
enum class Fault : std::uint32_t {
    bad_access = 2001,
    abort,
    exit,
    endless_loop,
    endless_memory,
    escape,       ///< tries what the sandbox denies, and answers with what was possible
    other_format, ///< a text in place of the rendition
    other_rule,   ///< an error that no renderer has
    junk,         ///< an answer of another kind
    short_answer, ///< an answer that is cut off
    huge,         ///< an answer of more bytes than there are
    made_twice,   ///< the cost twice
};

} // namespace portrait::testing
