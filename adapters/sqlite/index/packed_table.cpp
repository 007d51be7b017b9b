#include "index/packed_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace portrait::sqlite {
namespace {

/// More rows take a reader longer to walk over; fewer cost more memory for each.
constexpr std::size_t max_rows = 32;
/// Ids that differ in lower bits only are in one shard, so that neighbours share blocks.
constexpr unsigned neighbour_bits = 10;
/// The largest row: 16 numbers of 10 bytes and the text. A block of 64 of them is within its 32-bit size.
constexpr std::size_t max_varint = 10;
/// A block's key and its entry, in vectors that grow by doubling.
constexpr std::size_t entry_bytes = 42;

std::uint64_t folded(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unfolded(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

void append_varint(std::string& bytes, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U)
        bytes += static_cast<char>(value | 0x80U);
    bytes += static_cast<char>(value);
}

std::uint64_t read_varint(const char*& at) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80)
            return value;
    }
}

/// By wrapping subtraction: any two numbers have a difference.
std::int64_t difference(std::int64_t value, std::int64_t base) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(base));
}

std::int64_t sum(std::int64_t value, std::int64_t base) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + static_cast<std::uint64_t>(base));
}

void append_numbers(std::string& bytes, const PackedTable::Numbers& numbers, const PackedTable::Numbers& base,
                    std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column)
        append_varint(bytes, folded(difference(numbers[column], base[column])));
}

void add_numbers(const char*& at, PackedTable::Numbers& numbers, std::size_t columns) noexcept {
    for (std::size_t column = 0; column < columns; ++column)
        numbers[column] = sum(unfolded(read_varint(at)), numbers[column]);
}

std::unique_ptr<char[]> copy_of(std::string_view bytes) {
    std::unique_ptr<char[]> copy{new char[bytes.size()]};
    std::copy(bytes.begin(), bytes.end(), copy.get());
    return copy;
}

std::uint64_t memory_of(std::size_t size) noexcept {
    constexpr std::size_t granularity = 16;
    return size == 0 ? 0 : (size + sizeof(void*) + granularity - 1) / granularity * granularity;
}

} // namespace

PackedTable::PackedTable(MemoryBound& bound, std::size_t columns)
    : bound_{bound}
    , columns_{columns} {}

std::size_t PackedTable::block_of(const Shard& shard, std::uint32_t id) noexcept {
    const auto next = std::upper_bound(shard.keys.begin(), shard.keys.end(), id);
    return static_cast<std::size_t>(next - shard.keys.begin()) - 1;
}

PackedTable::Shard& PackedTable::shard_of(std::uint32_t id) noexcept {
    const auto scattered = (id >> neighbour_bits) * 0x9E3779B1U;
    return shards_[scattered >> 26U];
}

PackedTable::Moment& PackedTable::slot_of(Shard& shard, std::uint32_t id) noexcept {
    return shard.changed[(id * 0x9E3779B1U) >> 26U];
}

PackedTable::Position PackedTable::position_of(const Block& block, std::uint32_t difference) noexcept {
    const char* const bytes = block.bytes.get();
    const char* at = bytes + block.base_size;
    const char* const end = bytes + block.size;
    const auto offset = [bytes](const char* place) { return static_cast<std::size_t>(place - bytes); };
    while (at != end) {
        const char* const begin = at;
        const auto found = read_varint(at);
        const auto length = read_varint(at);
        if (found > difference)
            return {offset(begin), offset(begin), false};
        at += length;
        if (found == difference)
            return {offset(begin), offset(at), at == end};
    }
    return {block.size, block.size, true};
}

bool PackedTable::look_up(Shard& shard, std::uint32_t id, Row& row) const {
    const auto found = block_of(shard, id);
    auto& block = shard.blocks[found];
    const auto place = position_of(block, id - shard.keys[found]);
    if (place.begin == place.end)
        return false;
    block.used = true;
    const char* base = block.bytes.get();
    add_numbers(base, row.numbers, columns_);
    const char* at = block.bytes.get() + place.begin;
    (void)read_varint(at);
    (void)read_varint(at);
    add_numbers(at, row.numbers, columns_);
    row.text = {at, static_cast<std::size_t>(block.bytes.get() + place.end - at)};
    return true;
}

bool PackedTable::fill(std::uint32_t id, const Row& row, Moment read_at, WhenFull when_full) {
    auto& shard = shard_of(id);
    const std::scoped_lock lock{shard.mutex};
    if (slot_of(shard, id) > read_at)
        return true;
    insert(shard, id, row);
    if (when_full == WhenFull::drops_others) {
        drop_unused(shard, id);
        return true;
    }
    const bool has_room = !bound_.is_exceeded();
    if (!has_room)
        erase(shard, id);
    return has_room;
}

void PackedTable::block(std::uint32_t id) noexcept {
    auto& shard = shard_of(id);
    const std::scoped_lock lock{shard.mutex};
    slot_of(shard, id) = Shard::blocked;
    erase(shard, id);
}

void PackedTable::unblock(std::uint32_t id, Moment now, const Row* row) noexcept {
    auto& shard = shard_of(id);
    const std::scoped_lock lock{shard.mutex};
    slot_of(shard, id) = now;
    erase(shard, id); // an earlier row of the same transaction
    if (row == nullptr)
        return;
    try {
        insert(shard, id, *row);
        // NOLINTNEXTLINE(bugprone-empty-catch): the next read fills the row in
    } catch (const std::bad_alloc&) {
    }
    drop_unused(shard, id);
}

void PackedTable::block_all() noexcept {
    for (auto& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        shard.changed.fill(Shard::blocked);
        for (auto index = shard.blocks.size(); index != 0; --index)
            drop(shard, index - 1);
    }
}

void PackedTable::unblock_all(Moment now) noexcept {
    for (auto& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        shard.changed.fill(now);
    }
}

void PackedTable::insert(Shard& shard, std::uint32_t id, const Row& row) {
    if (row.text.size() > max_text)
        return;
    auto found = block_of(shard, id);
    auto place = position_of(shard.blocks[found], id - shard.keys[found]);
    if (shard.blocks[found].rows == max_rows && place.begin == place.end) {
        // Ids usually grow: full blocks stay full behind the last one.
        if (place.is_last)
            add_block(shard, ++found, id);
        else
            split(shard, found);
        found = block_of(shard, id);
        place = position_of(shard.blocks[found], id - shard.keys[found]);
    }
    auto& block = shard.blocks[found];
    Numbers base{};
    std::string head;
    if (block.rows == 0) {
        append_numbers(head, row.numbers, base, columns_);
        base = row.numbers;
    } else {
        const char* at = block.bytes.get();
        add_numbers(at, base, columns_);
    }
    std::string body;
    body.reserve(columns_ * max_varint + row.text.size());
    append_numbers(body, row.numbers, base, columns_);
    body += row.text;
    auto bytes = head;
    append_varint(bytes, id - shard.keys[found]);
    append_varint(bytes, body.size());
    bytes += body;
    const bool is_new = place.begin == place.end;
    splice(block, place, bytes);
    if (block.rows == 0)
        block.base_size = static_cast<std::uint16_t>(head.size());
    block.rows = static_cast<std::uint8_t>(block.rows + (is_new ? 1 : 0));
}

void PackedTable::erase(Shard& shard, std::uint32_t id) noexcept {
    const auto found = block_of(shard, id);
    auto& block = shard.blocks[found];
    const auto place = position_of(block, id - shard.keys[found]);
    if (place.begin == place.end)
        return;
    if (block.rows == 1)
        return drop(shard, found);
    // In place, since there may be no memory.
    std::memmove(block.bytes.get() + place.begin, block.bytes.get() + place.end, block.size - place.end);
    const auto before = memory_of(block.size);
    block.size -= static_cast<std::uint32_t>(place.end - place.begin);
    --block.rows;
    bound_.used += memory_of(block.size) - before;
}

void PackedTable::split(Shard& shard, std::size_t index) {
    const auto key = shard.keys[index];
    const auto base_size = shard.blocks[index].base_size;
    const char* const bytes = shard.blocks[index].bytes.get();
    const char* const end = bytes + shard.blocks[index].size;
    const char* at = bytes + base_size;
    for (std::size_t row = 0; row < max_rows / 2; ++row) {
        (void)read_varint(at);
        const auto length = read_varint(at);
        at += length;
    }
    const auto kept = static_cast<std::size_t>(at - bytes);
    std::string upper{bytes, base_size};
    std::uint32_t first = 0;
    while (at != end) {
        const auto id = key + static_cast<std::uint32_t>(read_varint(at));
        if (upper.size() == base_size)
            first = id;
        const auto length = read_varint(at);
        append_varint(upper, id - first);
        append_varint(upper, length);
        upper.append(at, length);
        at += length;
    }
    auto lower_bytes = copy_of({bytes, kept});
    auto upper_bytes = copy_of(upper);
    auto& added = add_block(shard, index + 1, first); // the last to throw
    auto& lower = shard.blocks[index];
    added.base_size = base_size;
    added.rows = static_cast<std::uint8_t>(lower.rows - max_rows / 2);
    added.used = lower.used;
    replace(added, std::move(upper_bytes), upper.size());
    lower.rows = max_rows / 2;
    replace(lower, std::move(lower_bytes), kept);
}

PackedTable::Block& PackedTable::add_block(Shard& shard, std::size_t index, std::uint32_t key) {
    const auto at = static_cast<std::ptrdiff_t>(index);
    shard.keys.insert(shard.keys.begin() + at, key);
    try {
        shard.blocks.emplace(shard.blocks.begin() + at);
    } catch (...) { // no memory
        shard.keys.erase(shard.keys.begin() + at);
        throw;
    }
    bound_.used += entry_bytes;
    return shard.blocks[index];
}

void PackedTable::splice(Block& block, Position at, std::string_view bytes) {
    const auto size = block.size - (at.end - at.begin) + bytes.size();
    std::unique_ptr<char[]> spliced{new char[size]};
    auto* end = std::copy_n(block.bytes.get(), at.begin, spliced.get());
    end = std::copy(bytes.begin(), bytes.end(), end);
    std::copy_n(block.bytes.get() + at.end, block.size - at.end, end);
    replace(block, std::move(spliced), size);
}

void PackedTable::replace(Block& block, std::unique_ptr<char[]> bytes, std::size_t size) noexcept {
    bound_.used += memory_of(size) - memory_of(block.size);
    block.bytes = std::move(bytes);
    block.size = static_cast<std::uint32_t>(size);
}

void PackedTable::drop(Shard& shard, std::size_t index) noexcept {
    replace(shard.blocks[index], nullptr, 0);
    shard.blocks[index] = {};
    if (index == 0) // its key is 0, so that there is a block for every id
        return;
    const auto at = static_cast<std::ptrdiff_t>(index);
    shard.blocks.erase(shard.blocks.begin() + at);
    shard.keys.erase(shard.keys.begin() + at);
    bound_.used -= entry_bytes;
}

void PackedTable::drop_unused(Shard& shard, std::uint32_t kept) noexcept {
    // Twice around: the first time may find all of them used.
    for (auto left = 2 * shard.blocks.size(); left != 0 && bound_.is_exceeded(); --left) {
        const auto next = shard.hand < shard.blocks.size() ? shard.hand : 0;
        shard.hand = next + 1;
        if (next == block_of(shard, kept) || std::exchange(shard.blocks[next].used, false))
            continue;
        drop(shard, next);
        shard.hand = next;
    }
    if (bound_.is_exceeded())
        drop(shard, block_of(shard, kept));
}

} // namespace portrait::sqlite
