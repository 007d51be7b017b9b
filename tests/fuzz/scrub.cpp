#include "input.hpp"

#include <portrait/probe.hpp>
#include <portrait/scrub.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

/// Checks that a scrubbed picture has the same header, is hardly larger, and has no metadata left.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto once = scrub(ImageBytes::copy_of(bytes_of(data, size)));
    if (!once)
        return 0;
    require(once->bytes.size() <= size + 64);
    const auto before = probe(bytes_of(data, size));
    const auto after = probe(once->bytes);
    require(before.has_value() && after.has_value() && *before == *after);
    const auto twice = scrub(once->bytes);
    require(twice.has_value() && twice->receipt.removed.empty());
    require(twice->receipt.orientation == once->receipt.orientation);
    return 0;
}
