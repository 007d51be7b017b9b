#include "index/row_index.hpp"

#include <portrait/injection_point.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

namespace portrait::sqlite {
namespace {

using Row = PackedTable::Row;

struct LinkColumns {
    enum : std::size_t { blob, version, linked_at };
};

/// Times and versions of neighbours are close to each other, as are their places.
struct BlobColumns {
    enum Column : std::size_t {
        version,
        flags,
        segment,
        range_block,
        record_index, ///< the lower half of the sequence; the upper one is the segment
        size,
        width,
        height,
        created_at,
        updated_after,  ///< ms after `created_at`
        modified_after, ///< seconds after that of `updated_at`; 0 when the row has none
        created_by,
        updated_by,
        type,
    };
};

constexpr std::int64_t has_place = 1;
constexpr std::int64_t has_date = 2;
constexpr std::int64_t has_texts = 4;
constexpr unsigned format_shift = 3;

Row packed_link(const LinkRow& link) {
    Row row;
    row.numbers[LinkColumns::blob] = link.blob_id.value();
    row.numbers[LinkColumns::version] = link.version;
    row.numbers[LinkColumns::linked_at] = link.linked_at.time_since_epoch().count();
    return row;
}

/// Whether the rest of a place follows from segment, offset, size and the number in its segment.
bool is_usual(const BlobRow& row) noexcept {
    const auto& place = *row.place;
    return place.sequence >> 32U == place.range.segment && place.range.offset % range_alignment == 0 &&
           place.range.length == range_length(row.info.size);
}

std::chrono::sys_seconds second_of(Timestamp time) noexcept {
    return std::chrono::floor<std::chrono::seconds>(time);
}

void unpack_content(const Row& from, BlobRow& row) {
    const auto number = [&](BlobColumns::Column column) {
        return static_cast<std::uint64_t>(from.numbers[column]);
    };
    auto& info = row.info;
    info.size = number(BlobColumns::size);
    info.format = static_cast<ImageFormat>(number(BlobColumns::flags) >> format_shift);
    info.width = static_cast<std::uint32_t>(number(BlobColumns::width));
    info.height = static_cast<std::uint32_t>(number(BlobColumns::height));
    std::memcpy(info.digest.bytes.data(), from.text.data(), info.digest.bytes.size());
    row.place = RecordPlace{{number(BlobColumns::segment), number(BlobColumns::range_block) * range_alignment,
                             range_length(info.size)},
                            number(BlobColumns::segment) << 32U | number(BlobColumns::record_index)};
}

} // namespace

std::optional<BlobRow> RowIndex::find(ImageKey key) {
    constexpr int tries = 3;
    // A change between the two lookups could make a state that never was.
    for (int turn = 0; turn < tries; ++turn) {
        const auto before = now();
        auto row = find_once(key);
        if (!row || before == now())
            return row;
    }
    return std::nullopt;
}

std::optional<BlobRow> RowIndex::find_once(ImageKey key) {
    std::optional<LinkRow> link;
    const auto* const person_id = std::get_if<PersonId>(&key);
    if (person_id != nullptr) {
        links_.find(static_cast<std::uint32_t>(person_id->value()), [&](const Row& row) {
            if (const auto blob_id = BlobId::from(row.numbers[LinkColumns::blob]))
                link = LinkRow{*blob_id, row.numbers[LinkColumns::version],
                               Timestamp{std::chrono::milliseconds{row.numbers[LinkColumns::linked_at]}}};
        });
        if (!link)
            return std::nullopt;
        injection_point("sqlite/link_found");
    }
    const auto blob_id = link ? link->blob_id : std::get<BlobId>(key);
    BlobRow row{.info = {.blob_id = blob_id}, .place = {}};
    if (!find_into(row, blob_id))
        return std::nullopt;
    row.info.link_version = link ? link->version : 0;
    row.info.linked_at = link ? link->linked_at : row.info.created_at;
    if (!row.is_dated)
        row.info.last_modified = second_of(std::max(row.info.updated_at, row.info.linked_at));
    return row;
}

bool RowIndex::find_into(BlobRow& row, BlobId blob_id) {
    return blobs_.find(static_cast<std::uint32_t>(blob_id.value()), [&](const Row& from) {
        const auto& numbers = from.numbers;
        auto& info = row.info;
        const auto known = [&](std::int64_t flag) { return (numbers[BlobColumns::flags] & flag) != 0; };
        info.blob_version = numbers[BlobColumns::version];
        info.created_at = Timestamp{std::chrono::milliseconds{numbers[BlobColumns::created_at]}};
        info.updated_at = info.created_at + std::chrono::milliseconds{numbers[BlobColumns::updated_after]};
        row.is_dated = known(has_date);
        if (row.is_dated)
            info.last_modified =
                second_of(info.updated_at) + std::chrono::seconds{numbers[BlobColumns::modified_after]};
        info.created_by = actors_.value_of(static_cast<std::uint32_t>(numbers[BlobColumns::created_by]));
        info.updated_by = actors_.value_of(static_cast<std::uint32_t>(numbers[BlobColumns::updated_by]));
        info.conceptual_type = types_.value_of(static_cast<std::uint32_t>(numbers[BlobColumns::type]));
        auto text = from.text;
        if (known(has_place)) {
            unpack_content(from, row);
            text.remove_prefix(info.digest.bytes.size());
        }
        if (known(has_texts)) {
            const auto end = text.find('\0');
            info.description = text.substr(0, end);
            info.extra_info = text.substr(end + 1);
        }
    });
}

std::optional<PackedTable::Row> RowIndex::packed(const BlobRow& row, std::string& text) noexcept try {
    const auto& info = row.info;
    Row packed;
    auto& numbers = packed.numbers;
    const auto creator = actors_.number_of(info.created_by);
    const auto updater = actors_.number_of(info.updated_by);
    const auto its_type = types_.number_of(info.conceptual_type);
    if (!creator || !updater || !its_type || (row.place && !is_usual(row)) ||
        info.description.find('\0') != std::string::npos)
        return std::nullopt;
    numbers[BlobColumns::version] = info.blob_version;
    numbers[BlobColumns::created_at] = info.created_at.time_since_epoch().count();
    numbers[BlobColumns::updated_after] = (info.updated_at - info.created_at).count();
    numbers[BlobColumns::created_by] = *creator;
    numbers[BlobColumns::updated_by] = *updater;
    numbers[BlobColumns::type] = *its_type;
    if (row.is_dated && info.last_modified) {
        numbers[BlobColumns::flags] |= has_date;
        numbers[BlobColumns::modified_after] = (*info.last_modified - second_of(info.updated_at)).count();
    }
    if (row.place) {
        const auto& range = row.place->range;
        numbers[BlobColumns::flags] |= has_place | static_cast<std::int64_t>(*info.format) << format_shift;
        numbers[BlobColumns::segment] = static_cast<std::int64_t>(range.segment);
        numbers[BlobColumns::range_block] = static_cast<std::int64_t>(range.offset / range_alignment);
        numbers[BlobColumns::record_index] = static_cast<std::uint32_t>(row.place->sequence);
        numbers[BlobColumns::size] = static_cast<std::int64_t>(info.size);
        numbers[BlobColumns::width] = info.width;
        numbers[BlobColumns::height] = info.height;
        text.assign(reinterpret_cast<const char*>(info.digest.bytes.data()), info.digest.bytes.size());
    }
    if (!info.description.empty() || !info.extra_info.empty()) {
        numbers[BlobColumns::flags] |= has_texts;
        text.append(info.description).append(1, '\0').append(info.extra_info);
    }
    packed.text = text;
    return packed;
} catch (const std::bad_alloc&) {
    return std::nullopt;
}

bool RowIndex::fill_blob(const BlobRow& blob, Moment read_at, WhenFull when_full) {
    std::string text;
    const auto row = packed(blob, text);
    return !row ||
           blobs_.fill(static_cast<std::uint32_t>(blob.info.blob_id.value()), *row, read_at, when_full);
}

bool RowIndex::fill_link(PersonId person_id, const LinkRow& link, Moment read_at, WhenFull when_full) {
    return links_.fill(static_cast<std::uint32_t>(person_id.value()), packed_link(link), read_at, when_full);
}

void RowIndex::fill(ImageKey key, const BlobRow& row, Moment read_at) noexcept {
    if (is_disabled())
        return;
    injection_point("sqlite/row_found");
    try {
        (void)fill_blob(row, read_at, WhenFull::drops_others);
        if (const auto* const person_id = std::get_if<PersonId>(&key))
            (void)fill_link(*person_id, {row.info.blob_id, row.info.link_version, row.info.linked_at},
                            read_at, WhenFull::drops_others);
        // NOLINTNEXTLINE(bugprone-empty-catch): the next read misses, too
    } catch (const std::bad_alloc&) {
    }
}

bool RowIndex::fill_room(const BlobRow& blob, Moment read_at) {
    return fill_blob(blob, read_at, WhenFull::keeps_nothing);
}

bool RowIndex::fill_room(PersonId person_id, const LinkRow& link, Moment read_at) {
    return fill_link(person_id, link, read_at, WhenFull::keeps_nothing);
}

void RowIndex::block(const RowChanges& changes) noexcept {
    if (is_disabled())
        return;
    ++moment_;
    if (changes.are_lost()) {
        blobs_.block_all();
        links_.block_all();
    }
    changes.each([this](const RowChange& change) {
        auto& table = change.table == RowChange::Table::blob ? blobs_ : links_;
        table.block(static_cast<std::uint32_t>(change.id));
    });
}

void RowIndex::unblock(const RowChanges& changes, bool durable) noexcept {
    if (is_disabled())
        return;
    const auto present = ++moment_;
    if (changes.are_lost()) {
        blobs_.unblock_all(present);
        links_.unblock_all(present);
    }
    const bool keeps = durable && !changes.are_lost();
    changes.each([&](const RowChange& change) {
        const auto id = static_cast<std::uint32_t>(change.id);
        std::optional<Row> row;
        std::string text;
        if (keeps && change.link)
            row = packed_link(*change.link);
        else if (keeps && change.blob != nullptr)
            row = packed(*change.blob, text);
        auto& table = change.table == RowChange::Table::blob ? blobs_ : links_;
        table.unblock(id, present, row ? &*row : nullptr);
    });
}

void RowIndex::forget_all() noexcept {
    ++moment_;
    blobs_.block_all();
    links_.block_all();
    const auto present = ++moment_;
    blobs_.unblock_all(present);
    links_.unblock_all(present);
}

} // namespace portrait::sqlite
