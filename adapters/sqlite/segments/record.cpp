#include "segments/record.hpp"

#include <boost/endian/buffers.hpp>

#include <algorithm>
#include <bit>

namespace portrait::sqlite {
namespace {

constexpr std::uint32_t format_version = 1;

/// A header as the file has it.
struct StoredHeader {
    std::array<char, 8> magic{'p', 'o', 'r', 't', 'r', 'a', 'i', 't'};
    boost::endian::little_uint32_buf_t version{format_version};
    boost::endian::little_uint32_buf_t size{record_header_size};
    boost::endian::little_uint64_buf_t sequence{0};
    boost::endian::little_uint64_buf_t length{0};
    Digest content;
    Digest own; ///< of all bytes before it
};

static_assert(sizeof(StoredHeader) == record_header_size);

Digest own_digest(const StoredHeader& header) {
    return digest_of(std::as_bytes(std::span{&header, 1}).first(offsetof(StoredHeader, own)));
}

Error corrupt(const char* cause) {
    return Error{errc::store_corrupt}.with_cause(cause);
}

} // namespace

std::array<std::byte, record_header_size> encode(const RecordHeader& header) {
    StoredHeader stored;
    stored.sequence = header.sequence;
    stored.length = header.length;
    stored.content = header.content;
    stored.own = own_digest(stored);
    return std::bit_cast<std::array<std::byte, record_header_size>>(stored);
}

result<RecordHeader> decode(std::span<const std::byte, record_header_size> bytes) {
    std::array<std::byte, record_header_size> copy{};
    std::copy(bytes.begin(), bytes.end(), copy.begin());
    const auto stored = std::bit_cast<StoredHeader>(copy);
    if (stored.magic != StoredHeader{}.magic)
        return corrupt("a record's magic is wrong");
    if (stored.own != own_digest(stored))
        return corrupt("a record's header does not match its digest");
    if (stored.version.value() != format_version || stored.size.value() != record_header_size)
        return corrupt("a record has an unknown format version");
    return RecordHeader{stored.sequence.value(), stored.length.value(), stored.content};
}

} // namespace portrait::sqlite
