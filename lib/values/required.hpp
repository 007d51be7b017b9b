#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

namespace portrait {

/// The port, which must be there: `std::invalid_argument` with the sentence otherwise.
template<class Port>
std::shared_ptr<Port> required(std::shared_ptr<Port> port, const char* sentence) {
    if (!port)
        throw std::invalid_argument{sentence};
    return port;
}

} // namespace portrait
