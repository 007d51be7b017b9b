#include <portrait/digest.hpp>

#ifdef PORTRAIT_XXHASH_DISPATCHES
#include <xxh_x86dispatch.h> // makes XXH3_128bits choose by the processor
#else
#include <xxhash.h>
#endif

#include <boost/algorithm/hex.hpp>

#include <cstring>
#include <iterator>

namespace portrait {

std::string Digest::to_string() const {
    const auto* const first = reinterpret_cast<const unsigned char*>(bytes.data());
    std::string text;
    boost::algorithm::hex_lower(first, first + bytes.size(), std::back_inserter(text));
    return text;
}

Digest digest_of(std::span<const std::byte> bytes) noexcept {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    Digest digest;
    static_assert(sizeof canonical.digest == sizeof digest.bytes);
    std::memcpy(digest.bytes.data(), canonical.digest, sizeof canonical.digest);
    return digest;
}

} // namespace portrait
