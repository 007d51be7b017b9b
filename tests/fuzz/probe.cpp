#include "input.hpp"

#include <portrait/probe.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = probe(bytes_of(data, size));
    if (header)
        require(header->width != 0 && header->height != 0 && header->bits_per_sample != 0);
    else
        require(!header.error().message().empty());
    return 0;
}
