#include "commit/batch_reads.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace portrait::postgres {
namespace {

// Rows are locked in one order: slots by person, then blobs by id. Each statement has a snapshot of its own,
// so it sees what was committed before the locks of the statements before it were granted.
constexpr Statement insert_slots{
    "insert_slots", "INSERT INTO person_slot (person_id, link_version) SELECT unnest($1::int[]), "
                    "(SELECT first_link_version FROM store) ORDER BY 1 ON CONFLICT DO NOTHING"};
constexpr Statement lock_slots{
    "lock_slots", "SELECT person_id, blob_id, link_version, linked_at, last_modified FROM person_slot "
                  "WHERE person_id = ANY($1::int[] || ARRAY(SELECT person_id FROM person_slot WHERE blob_id "
                  "= ANY($2::int[]))) "
                  "ORDER BY person_id FOR UPDATE"};
constexpr Statement lock_blobs{
    "lock_blobs", "SELECT " PORTRAIT_BLOB_COLUMNS
                  " FROM blob b WHERE b.blob_id = ANY(ARRAY(SELECT blob_id FROM person_slot "
                  "WHERE person_id = ANY($1::int[])) || $2::int[]) ORDER BY b.blob_id FOR UPDATE"};
constexpr Statement count_persons{"count_persons", "SELECT b.blob_id, (SELECT count(*) FROM (SELECT 1 FROM "
                                                   "person_slot s WHERE s.blob_id = b.blob_id LIMIT $3) x) "
                                                   "FROM blob b WHERE b.blob_id = ANY(ARRAY(SELECT blob_id "
                                                   "FROM person_slot WHERE person_id = ANY($1::int[])) || "
                                                   "$2::int[])"};
constexpr Statement find_links{"find_links",
                               "SELECT person_id, blob_id FROM person_slot WHERE blob_id = ANY($1::int[])"};
// As many ids as there are saves for persons without a blob of their own, and new blobs without a person.
constexpr Statement take_ids{"take_ids", "SELECT nextval('blob_id') FROM generate_series(1, $2::int + "
                                         "(SELECT count(*)::int FROM unnest($1::int[]) p "
                                         "LEFT JOIN person_slot s ON s.person_id = p WHERE s.blob_id IS NULL "
                                         "OR EXISTS (SELECT 1 FROM person_slot o "
                                         "WHERE o.blob_id = s.blob_id AND o.person_id <> p)))"};
constexpr Statement find_forgotten{"find_forgotten",
                                   "SELECT person_id FROM forgotten_person WHERE person_id = ANY($1::int[])"};
constexpr Statement find_listed{"find_listed",
                                "SELECT person_id FROM person WHERE person_id = ANY($1::int[])"};
constexpr Statement find_erasures{
    "find_erasures",
    "SELECT person_id, epoch, number, erased_at FROM erasure WHERE person_id = ANY($1::int[])"};

/// Sorted, each once.
std::vector<std::int32_t> set_of(std::vector<std::int32_t> ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

Erasure erasure_at(const Rows& rows, int row) {
    return {.epoch = rows.string(row, 1), .number = rows.int8(row, 2), .at = time_at(rows, row, 3)};
}

[[nodiscard]] result<void> fill_persons(std::set<PersonId>& persons, const Rows& rows) {
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
        persons.insert(person_id);
    }
    return {};
}

[[nodiscard]] result<void> fill_slots(BatchState& state, const Rows& rows) {
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
        BatchSlot slot{.link_version = rows.int8(row, 2),
                       .linked_at = time_at(rows, row, 3),
                       .last_modified = second_at(rows, row, 4)};
        if (!rows.is_null(row, 1)) {
            PORTRAIT_TRY_GET(blob_id, blob_at(rows, row, 1));
            slot.blob_id = blob_id;
        }
        state.slots.emplace(person_id, slot);
    }
    return {};
}

[[nodiscard]] result<void> fill_blobs(BatchState& state, const Rows& rows, const Rows& counts) {
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(blob, read_blob(rows, row, state.epoch()));
        const auto blob_id = blob.info.blob_id;
        state.blobs.emplace(blob_id, BatchBlob{.row = std::move(blob)});
    }
    for (int row = 0; row < counts.count(); ++row) {
        PORTRAIT_TRY_GET(blob_id, blob_at(counts, row, 0));
        if (const auto blob = state.blobs.find(blob_id); blob != state.blobs.end())
            blob->second.persons = counts.int8(row, 1);
    }
    return {};
}

} // namespace

BatchReads::BatchReads(Connection& connection, const BatchNeeds& needs, std::size_t members)
    : connection_{connection}
    , persons_{set_of(needs.persons)}
    , linked_persons_{set_of(needs.linked_persons)}
    , blobs_{set_of(needs.blobs)}
    , removed_blobs_{set_of(needs.removed_blobs)}
    , needs_{needs}
    , most_persons_{static_cast<std::int64_t>(members) + 1} {}

attempt<void> BatchReads::send() {
    PORTRAIT_TRY(connection_.send(insert_slots, Parameters::of(linked_persons_)));
    PORTRAIT_TRY(connection_.send(lock_slots, Parameters::of(persons_, removed_blobs_)));
    PORTRAIT_TRY(connection_.send(lock_blobs, Parameters::of(persons_, blobs_)));
    PORTRAIT_TRY(connection_.send(count_persons, Parameters::of(persons_, blobs_, most_persons_)));
    PORTRAIT_TRY(connection_.send(find_links, Parameters::of(removed_blobs_)));
    PORTRAIT_TRY(connection_.send(take_ids, Parameters::of(needs_.saved_persons, needs_.new_blobs)));
    PORTRAIT_TRY(connection_.send(find_forgotten, Parameters::of(persons_)));
    PORTRAIT_TRY(connection_.send(find_listed, Parameters::of(needs_.listed_persons)));
    if (needs_.has_imports)
        PORTRAIT_TRY(connection_.send(find_erasures, Parameters::of(persons_)));
    return {};
}

result<bool> BatchReads::fill(BatchState& state, const std::vector<Rows>& outcomes, std::size_t first) {
    PORTRAIT_TRY(fill_slots(state, outcomes[first + 1]));
    PORTRAIT_TRY(fill_blobs(state, outcomes[first + 2], outcomes[first + 3]));
    PORTRAIT_TRY_GET(all_locked, check_links(state, outcomes[first + 4]));
    if (!all_locked)
        return false;
    const auto& ids = outcomes[first + 5];
    for (int row = 0; row < ids.count(); ++row)
        ids_.push_back(ids.int8(row, 0));
    PORTRAIT_TRY(fill_persons(state.forgotten, outcomes[first + 6]));
    PORTRAIT_TRY(fill_persons(state.listed, outcomes[first + 7]));
    if (!needs_.has_imports)
        return true;
    const auto& erasures = outcomes[first + 8];
    for (int row = 0; row < erasures.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(erasures, row, 0));
        state.erasures.emplace(person_id, erasure_at(erasures, row));
    }
    return true;
}

result<bool> BatchReads::check_links(BatchState& state, const Rows& links) const {
    for (const auto id : removed_blobs_)
        if (const auto blob = state.blobs.find(BlobId::from(id).value()); blob != state.blobs.end())
            blob->second.persons = 0;
    for (int row = 0; row < links.count(); ++row) {
        PORTRAIT_TRY_GET(person_id, person_at(links, row, 0));
        PORTRAIT_TRY_GET(blob_id, blob_at(links, row, 1));
        const auto slot = state.slots.find(person_id);
        if (slot == state.slots.end() || slot->second.blob_id != blob_id)
            return false;
        ++state.blobs.at(blob_id).persons;
    }
    return true;
}

BatchState::NextBlobId BatchReads::next_blob_id(Deadline deadline) {
    return [&connection = connection_, deadline, ids = std::move(ids_),
            next = std::size_t{0}]() mutable -> result<BlobId> {
        if (next == ids.size()) { // a person lost its blob earlier in this batch
            const auto more = connection.run(
                take_ids, Parameters::of(std::vector<std::int32_t>{}, std::int32_t{1}), deadline);
            if (!more)
                return error_of(more.error());
            ids.push_back(more->int8(0, 0));
        }
        const auto id = ids[next++];
        if (id > std::numeric_limits<std::int32_t>::max())
            return Error{errc::blob_ids_exhausted};
        return BlobId::from(id);
    };
}

} // namespace portrait::postgres
