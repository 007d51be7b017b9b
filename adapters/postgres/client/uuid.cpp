#include "client/uuid.hpp"

#include <boost/endian/conversion.hpp>

#include <sys/random.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace portrait::postgres {

Uuid new_uuid() {
    Uuid uuid;
    for (;;) {
        const auto count = ::getrandom(uuid.bytes.data(), uuid.bytes.size(), 0);
        if (count == static_cast<ssize_t>(uuid.bytes.size()))
            break;
        if (count < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "getrandom"};
    }
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())
                                  .time_since_epoch()
                                  .count();
    boost::endian::endian_store<std::int64_t, 6, boost::endian::order::big>(
        reinterpret_cast<unsigned char*>(uuid.bytes.data()), milliseconds);
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x70};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

} // namespace portrait::postgres
