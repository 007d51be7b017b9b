#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace portrait::sqlite {

/// Bytes of memory that several tables may use together.
struct MemoryBound {
    const std::uint64_t limit;
    std::atomic<std::uint64_t> used = 0; ///< with the allocator's share, as far as it is known

    bool is_exceeded() const noexcept { return used > limit; }
};

/// Rows by their ids, packed: as many rows of neighbouring ids as fit share a block of memory, where each has
/// its numbers as differences to those of the block's first row. Dense and sparse ids take the same room.
/// Beyond the bound, blocks that no `find` used lately are dropped. Thread-safe; its locks are short.
///
/// Three kinds of writers keep the rows right. A change blocks its ids before it is committed, and unblocks
/// them with its rows afterwards. Others fill in what they have read, unless the id was changed since.
class PackedTable {
public:
    /// Counts changes. A moment of a later call is not smaller.
    using Moment = std::uint64_t;
    static constexpr std::size_t max_numbers = 16;
    /// A longer text isn't kept.
    static constexpr std::size_t max_text = 1024;
    using Numbers = std::array<std::int64_t, max_numbers>;

    struct Row {
        Numbers numbers{}; ///< those behind the table's number of columns aren't kept
        std::string_view text{};
    };

    /// What `fill` does beyond the bound.
    enum class WhenFull { drops_others, keeps_nothing };

    /// `columns`: the number of numbers in a row.
    PackedTable(MemoryBound& bound, std::size_t columns);
    PackedTable(const PackedTable&) = delete;
    PackedTable& operator=(const PackedTable&) = delete;

    /// Calls `read(row)` with the row of an id, if there is one; its text is valid until `read` returns.
    template<class Read>
    bool find(std::uint32_t id, const Read& read) {
        auto& shard = shard_of(id);
        const std::scoped_lock lock{shard.mutex};
        Row row;
        if (!look_up(shard, id, row))
            return false;
        read(row);
        return true;
    }

    /// Keeps a row that was read after `read_at`. Keeps nothing when the id was changed after that moment or
    /// is blocked. False when the bound was the reason. Throws std::bad_alloc.
    bool fill(std::uint32_t id, const Row& row, Moment read_at, WhenFull when_full);

    /// Drops the row, and refuses to fill it until `unblock`.
    void block(std::uint32_t id) noexcept;
    /// Refuses rows that were read before `now`. Keeps `row`, unless it is null or memory is exhausted.
    void unblock(std::uint32_t id, Moment now, const Row* row) noexcept;
    /// Does both for all ids, without rows.
    void block_all() noexcept;
    void unblock_all(Moment now) noexcept;

private:
    /// Rows of ids from a block's key to the next one's: the numbers of the first row, then for each row the
    /// id's difference to the key, a length, the numbers' differences and the text.
    struct Block {
        std::unique_ptr<char[]> bytes{};
        std::uint32_t size = 0;
        std::uint16_t base_size = 0; ///< bytes of the first row's numbers
        std::uint8_t rows = 0;
        bool used = false; ///< since it was considered for dropping
    };
    /// A part of the table with its own lock.
    struct Shard {
        static constexpr std::size_t slots = 64;
        static constexpr Moment blocked = std::numeric_limits<Moment>::max();

        std::mutex mutex;
        std::vector<std::uint32_t> keys{
            0}; ///< of the blocks, ascending; apart, so that a search reads little
        std::vector<Block> blocks{1};
        std::size_t hand = 0;                ///< the next block to be considered for dropping
        std::array<Moment, slots> changed{}; ///< when an id of the slot was changed last
    };
    static constexpr std::size_t shard_count = 64;

    /// Where a row is in its block, or would be.
    struct Position {
        std::size_t begin;
        std::size_t end; ///< equal to `begin` when there is no row
        bool is_last;    ///< no row follows
    };

    static Moment& slot_of(Shard& shard, std::uint32_t id) noexcept;
    Shard& shard_of(std::uint32_t id) noexcept;
    bool look_up(Shard& shard, std::uint32_t id, Row& row) const;
    static Position position_of(const Block& block, std::uint32_t difference) noexcept;
    void insert(Shard& shard, std::uint32_t id, const Row& row);
    void erase(Shard& shard, std::uint32_t id) noexcept;
    /// The block in which an id is, or would be.
    static std::size_t block_of(const Shard& shard, std::uint32_t id) noexcept;
    void split(Shard& shard, std::size_t index);
    Block& add_block(Shard& shard, std::size_t index, std::uint32_t key);
    /// Replaces the block's bytes from `at.begin` to `at.end` by these.
    void splice(Block& block, Position at, std::string_view bytes);
    void replace(Block& block, std::unique_ptr<char[]> bytes, std::size_t size) noexcept;
    void drop(Shard& shard, std::size_t index) noexcept;
    /// Drops blocks of a shard until the bound is met, that of `kept` last.
    void drop_unused(Shard& shard, std::uint32_t kept) noexcept;

    MemoryBound& bound_;
    const std::size_t columns_;
    std::array<Shard, shard_count> shards_;
};

} // namespace portrait::sqlite
