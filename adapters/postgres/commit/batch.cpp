#include "commit/batch.hpp"

#include "commit/batch_reads.hpp"
#include "rows/schema.hpp"

#include <portrait/injection_point.hpp>
#include <portrait/try.hpp>

#include <utility>

namespace portrait::postgres {
namespace {

constexpr Statement begin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement commit_it{"commit", "COMMIT"};
constexpr Statement roll_it_back{"rollback", "ROLLBACK"};

// Shared by all writers; a migration has it alone.
constexpr Statement enter{"enter", "SELECT pg_advisory_xact_lock_shared($1::bigint)"};
#define STORE "SELECT epoch, oldest_reader, last_erasure, first_link_version, tableoid::int8 FROM store"
constexpr Statement read_store{"read_store", STORE};
constexpr Statement lock_store{"lock_store", STORE " FOR UPDATE"};
#undef STORE
constexpr Statement insert_token{"insert_token",
                                 "INSERT INTO commit_token (token, fenced) VALUES ($1, false)"};
constexpr Statement insert_content{"insert_content",
                                   "INSERT INTO content (content_id, bytes) VALUES ($1, $2)"};

constexpr Statement insert_blob{"insert_blob", "INSERT INTO blob (" PORTRAIT_BLOB_TARGETS
                                               ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
                                               "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"};
constexpr Statement update_blob{
    "update_blob",
    "UPDATE blob SET version = $2, content_id = $3, size = $4, media_type = $5, width = $6, "
    "height = $7, digest = $8, description = $9, extra_info = $10, conceptual_type = $11, "
    "created_at = $12, created_by = $13, created_by_name = $14, created_by_full_name = $15, "
    "created_by_person = $16, updated_at = $17, updated_by = $18, updated_by_name = $19, "
    "updated_by_full_name = $20, updated_by_person = $21, last_modified = $22 WHERE blob_id = $1"};
constexpr Statement update_slot{"update_slot",
                                "UPDATE person_slot SET blob_id = $2, link_version = $3, linked_at = $4, "
                                "last_modified = $5 WHERE person_id = $1"};
constexpr Statement delete_blobs{"delete_blobs", "DELETE FROM blob WHERE blob_id = ANY($1::int[])"};
constexpr Statement delete_slots{"delete_slots", "DELETE FROM person_slot WHERE person_id = ANY($1::int[])"};
constexpr Statement delete_contents{"delete_contents",
                                    "DELETE FROM content WHERE content_id = ANY($1::uuid[])"};
constexpr Statement note_erased_blobs{"note_erased_blobs",
                                      "INSERT INTO erased_blob (blob_id) SELECT unnest($1::int[])"};
constexpr Statement note_erasure{
    "note_erasure",
    "INSERT INTO erasure (person_id, epoch, number, erased_at) VALUES ($1, $2, $3, $4) ON CONFLICT "
    "(person_id) "
    "DO UPDATE SET epoch = excluded.epoch, number = excluded.number, erased_at = excluded.erased_at"};
constexpr Statement count_erasures{"count_erasures", "UPDATE store SET last_erasure = $1"};

constexpr Statement fence{"fence",
                          "INSERT INTO commit_token (token, fenced) VALUES ($1, true) ON CONFLICT (token) "
                          "DO UPDATE SET asked = commit_token.asked + 1 RETURNING fenced"};

Failure corrupt(const Error& error) {
    return {.state = "XX001", .message = error.cause()};
}

} // namespace

BatchAttempt::BatchAttempt(std::span<const std::unique_ptr<Member>> members, AuditLog* audit)
    : members_{members}
    , audit_{audit}
    , token_{random_uuid()}
    , contents_(members.size())
    , refusals_(members.size()) {}

BatchAttempt::End BatchAttempt::run(Connection& connection, Deadline deadline) {
    (void)connection.take_unreplicated();
    auto state = lock_rows(connection, deadline);
    if (!state)
        return end_by(state.error(), connection, deadline);
    const auto end = decide(*state);
    if (end != End::committed)
        return roll_back(connection, end, deadline);
    injection_point("postgres/decided");
    if (!state->has_changes())
        return roll_back(connection, End::committed, deadline);
    return commit(connection, *state, deadline);
}

attempt<BatchState> BatchAttempt::lock_rows(Connection& connection, Deadline deadline) {
    BatchNeeds needs;
    for (const auto& member : members_)
        member->add_needs(needs);
    PORTRAIT_TRY(connection.send(begin));
    PORTRAIT_TRY(connection.send(enter, Parameters::of(migration_lock)));
    PORTRAIT_TRY(connection.send(needs.has_erasures ? lock_store : read_store));
    PORTRAIT_TRY(connection.send(insert_token, Parameters::of(token_)));
    std::size_t sent = 4;
    // Bytes before locks: they may take long to arrive.
    for (std::size_t index = 0; index < members_.size(); ++index) {
        const auto* const content = members_[index]->content();
        if (content == nullptr)
            continue;
        contents_[index] = random_uuid();
        PORTRAIT_TRY(
            connection.send(insert_content, Parameters::of(*contents_[index], content->bytes.view())));
        ++sent;
    }
    BatchReads reads{connection, needs, members_.size()};
    PORTRAIT_TRY(reads.send());
    PORTRAIT_TRY_GET(outcomes, connection.finish_group(deadline));

    const auto& store = outcomes[2];
    if (store.empty())
        return Failure{.state = "XX001", .message = "the table store is empty"};
    if (store.text(0, 0) != connection.epoch || store.int8(0, 4) != connection.store_table ||
        store.int4(0, 1) > schema_version) {
        connection.retire(); // the next one finds out
        return Failure{.state = {}, .message = "the store has been restored, or excludes this version"};
    }
    BatchState state{connection.epoch};
    state.last_erasure = store.int8(0, 2);
    state.first_link_version = store.int8(0, 3);
    const auto filled = reads.fill(state, outcomes, sent);
    if (!filled)
        return corrupt(filled.error());
    if (!*filled)
        return Failure{.state = "40001", .message = "a link was made to a blob that is removed"};
    state.next_blob_id = reads.next_blob_id(deadline);
    return state;
}

// A refused command must leave its bytes unused; the others are written.
BatchAttempt::End BatchAttempt::decide(BatchState& state) {
    for (std::size_t index = 0; index < members_.size(); ++index) {
        const auto applied = members_[index]->apply(state, contents_[index]);
        if (applied)
            continue;
        if (applied.error() == errc::store_unreachable) { // while it asked for another id
            error_ = applied.error();
            return End::repeat;
        }
        refusals_[index] = applied.error();
        if (contents_[index])
            state.unused_contents.push_back(*contents_[index]);
    }
    if (audit_ == nullptr || state.records.empty())
        return End::committed;
    const auto prepared = audit_->prepare(state.records);
    if (!prepared) {
        error_ = prepared.error();
        return End::failed;
    }
    ticket_ = *prepared;
    return End::committed;
}

attempt<void> BatchAttempt::send_changes(Connection& connection, const BatchState& state) {
    std::vector<std::int32_t> deleted_blobs;
    std::vector<std::int32_t> unused_slots;
    for (const auto& [blob_id, blob] : state.blobs) {
        if (blob.state == BatchBlob::State::inserted)
            PORTRAIT_TRY(connection.send(insert_blob, blob_parameters(blob.row)));
        else if (blob.state == BatchBlob::State::changed)
            PORTRAIT_TRY(connection.send(update_blob, blob_parameters(blob.row)));
        else if (blob.state == BatchBlob::State::deleted)
            deleted_blobs.push_back(blob_id.value());
    }
    for (const auto& [person_id, slot] : state.slots) {
        if (slot.changed)
            PORTRAIT_TRY(connection.send(
                update_slot,
                Parameters::of(
                    person_id.value(), slot.blob_id ? std::optional{slot.blob_id->value()} : std::nullopt,
                    slot.link_version, stored_time(slot.linked_at), stored_second(slot.last_modified))));
        else if (!slot.blob_id && !slot.last_modified && slot.link_version == state.first_link_version)
            unused_slots.push_back(person_id.value());
    }
    if (!deleted_blobs.empty())
        PORTRAIT_TRY(connection.send(delete_blobs, Parameters::of(deleted_blobs)));
    if (!unused_slots.empty())
        PORTRAIT_TRY(connection.send(delete_slots, Parameters::of(unused_slots)));
    if (!state.unused_contents.empty())
        PORTRAIT_TRY(connection.send(delete_contents, Parameters::of(state.unused_contents)));
    if (!deleted_blobs.empty())
        PORTRAIT_TRY(connection.send(note_erased_blobs, Parameters::of(deleted_blobs)));
    for (const auto& [person_id, erasure] : state.new_erasures)
        PORTRAIT_TRY(connection.send(note_erasure, Parameters::of(person_id.value(), erasure.epoch,
                                                                  erasure.number, stored_time(erasure.at))));
    if (!state.new_erasures.empty())
        PORTRAIT_TRY(connection.send(count_erasures, Parameters::of(state.last_erasure)));
    injection_point("postgres/changes_sent");
    return connection.send(commit_it);
}

BatchAttempt::End BatchAttempt::commit(Connection& connection, const BatchState& state, Deadline deadline) {
    auto sent = send_changes(connection, state);
    auto outcomes = sent ? connection.finish_group(deadline) : attempt<std::vector<Rows>>{sent.error()};
    if (!outcomes) {
        if (!outcomes.error().is_lost() && connection.is_alive())
            return end_by(outcomes.error(), connection, deadline);
        error_ = Error{errc::store_io}.with_cause(outcomes.error().message);
        return End::unknown;
    }
    if (connection.take_unreplicated()) {
        // Durable here, but not on the standby: it may be lost with this server.
        error_ = Error{errc::store_io}.with_cause("the commit was not confirmed by the standby");
        return End::failed;
    }
    if (outcomes->back().tag() != "COMMIT")
        return end_by({.state = "XX000", .message = "COMMIT has rolled back"}, connection, deadline);
    conclude(AuditOutcome::committed);
    return End::committed;
}

void BatchAttempt::conclude(AuditOutcome outcome) {
    if (ticket_)
        audit_->conclude(*std::exchange(ticket_, std::nullopt), outcome);
}

BatchAttempt::End BatchAttempt::end_by(const Failure& failure, Connection& connection, Deadline deadline) {
    error_ = error_of(failure);
    is_fault_of_a_member_ = failure.is_of_class("22") || failure.is_of_class("23");
    if (is_outdated(failure))
        connection.retire();
    const bool can_repeat = is_worth_a_retry(failure) || !connection.is_alive() ||
                            error_ == errc::store_unreachable || is_fault_of_a_member_;
    return roll_back(connection, can_repeat ? End::repeat : End::failed, deadline);
}

// If it fails the connection is lost, and PostgreSQL rolls back.
BatchAttempt::End BatchAttempt::roll_back(Connection& connection, End end, Deadline deadline) {
    conclude(AuditOutcome::failed);
    if (connection.is_alive())
        (void)connection.run(roll_it_back, {}, deadline);
    return end;
}

std::optional<bool> BatchAttempt::is_committed(Connection& connection, Deadline deadline) {
    const auto answered = connection.run(fence, Parameters::of(token_), deadline);
    // Believed only when it is committed itself, on the standby, too: then the batch is, or never will be.
    if (!answered || connection.take_unreplicated())
        return std::nullopt;
    return !answered->boolean(0, 0);
}

} // namespace portrait::postgres
