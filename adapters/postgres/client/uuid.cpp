#include "client/uuid.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace portrait::postgres {

Uuid random_uuid() {
    Uuid uuid;
    for (;;) {
        const auto count = ::getrandom(uuid.bytes.data(), uuid.bytes.size(), 0);
        if (count == static_cast<ssize_t>(uuid.bytes.size()))
            break;
        if (count < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "getrandom"};
    }
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x40};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

} // namespace portrait::postgres
