#pragma once

#include <memory>
#include <stdexcept>

namespace portrait {

/// Returns the port; throws `std::invalid_argument` with the message when it is null.
template<class Port>
std::shared_ptr<Port> required(std::shared_ptr<Port> port, const char* message) {
    if (!port)
        throw std::invalid_argument{message};
    return port;
}

} // namespace portrait
