#include "stores/memory_state.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <variant>

namespace portrait {

MemoryImageStore::MemoryImageStore(std::optional<BlobId> first_blob_id, std::shared_ptr<AuditLog> audit)
    : state_{std::make_unique<State>(first_blob_id, std::move(audit))} {}

MemoryImageStore::~MemoryImageStore() = default;

result<SavedImage> MemoryImageStore::save(SaveImage command) {
    const std::unique_lock lock{state_->mutex};
    if (const auto* person_id = std::get_if<PersonId>(&command.target))
        return state_->save_over(*person_id, command);
    if (const auto* blob_id = std::get_if<BlobId>(&command.target))
        return state_->save_over(*blob_id, command);
    return state_->save_new(command);
}

result<StoredImage> MemoryImageStore::image(ImageKey key) const {
    const std::shared_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(key);
    if (blob == nullptr)
        return State::nothing_at(key);
    if (!info->format)
        return Error{errc::blob_without_image};
    return StoredImage{.info = *std::move(info), .bytes = blob->bytes};
}

result<ImageInfo> MemoryImageStore::info(ImageKey key) const {
    const std::shared_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(key);
    if (blob == nullptr)
        return State::nothing_at(key);
    return *std::move(info);
}

result<std::vector<PersonId>> MemoryImageStore::persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const {
    std::vector<PersonId> persons;
    {
        const std::shared_lock lock{state_->mutex};
        for (const auto& link : state_->links) // a linked blob has bytes
            if (!after || link.first > *after)
                persons.push_back(link.first);
    }
    const auto count = std::min(persons.size(), limit);
    const auto end = persons.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(persons.begin(), end, persons.end());
    persons.erase(end, persons.end());
    return persons;
}

std::optional<StoredImage> MemoryImageStore::cached_image(PersonId person_id) const {
    auto stored = image(person_id);
    return stored ? std::optional{*std::move(stored)} : std::nullopt;
}

result<ImageInfo> MemoryImageStore::update_info(UpdateImageInfo command) {
    const std::unique_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(command.target);
    if (auto checked = command.precondition.check(info ? &*info : nullptr, command.now); !checked)
        return checked.error();
    if (blob == nullptr)
        return State::nothing_at(command.target);
    if (auto checked = command.check_blob_id(blob->info.blob_id); !checked)
        return checked.error();
    auto record = State::record_of(AuditedAction::update_info, command, command.target);
    record.before = record.after = AuditedPicture::of(*info);
    record.after->blob_version = state_->last_version + 1;
    return state_->recorded(record, [&, blob = blob, info = std::ref(*info)] {
        auto changed = blob->info;
        if (command.description)
            changed.description = *std::move(command.description);
        if (command.extra_info)
            changed.extra_info = *std::move(command.extra_info);
        if (command.conceptual_type)
            changed.conceptual_type = *std::move(command.conceptual_type);
        state_->touch(changed, command);
        auto updated = State::as_read(changed, info);
        blob->info = std::move(changed);
        return updated;
    });
}

result<RemovedImage> MemoryImageStore::remove(RemoveImage command) {
    const std::unique_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(command.target);
    if (auto checked = command.precondition.check(info ? &*info : nullptr, command.now); !checked)
        return checked.error();
    const auto* person_id = std::get_if<PersonId>(&command.target);
    if (blob == nullptr)
        return person_id ? result<RemovedImage>{RemovedImage{}} : Error{errc::blob_unknown};

    auto record = State::record_of(AuditedAction::remove, command, command.target);
    record.before = AuditedPicture::of(*info);
    return state_->recorded(record, [&, blob = blob] {
        const auto blob_id = blob->info.blob_id;
        const auto persons = person_id ? std::unordered_set{*person_id} : blob->persons;
        for (const auto person : persons)
            state_->keep_last_modified(person);
        for (const auto person : persons)
            state_->unlink(person);
        const bool erased = blob->persons.empty();
        if (erased)
            state_->blobs.erase(blob_id);
        return RemovedImage{.unlinked = blob_id, .erased = erased};
    });
}

result<ImageInfo> MemoryImageStore::link(LinkImage command) {
    const std::unique_lock lock{state_->mutex};
    auto* blob = State::find_in(state_->blobs, command.blob_id);
    if (blob == nullptr)
        return Error{errc::blob_unknown};
    if (!blob->info.format)
        return Error{errc::blob_without_image};
    if (auto checked = state_->check_erasure(command.person_id, command.origin); !checked)
        return checked.error();
    if (const auto* present = State::find_in(state_->links, command.person_id);
        present != nullptr && present->blob_id == command.blob_id)
        return State::as_linked(*present, blob->info);
    auto record = State::record_of(AuditedAction::link, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    record.after = AuditedPicture::of(blob->info);
    return state_->recorded(record, [&] {
        const auto link = state_->new_link(command.blob_id, command);
        const auto last_modified = second_of_change(
            command.now, std::max(blob->info.last_modified, state_->last_modified_of(command.person_id)));
        auto linked = State::as_linked(link, blob->info);
        linked.last_modified = last_modified;
        state_->relink(command.person_id, *blob, link);
        blob->info.last_modified = last_modified;
        return linked;
    });
}

result<std::optional<BlobId>> MemoryImageStore::unlink(UnlinkImage command) {
    const std::unique_lock lock{state_->mutex};
    auto record = State::record_of(AuditedAction::unlink, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    if (!record.before)
        return std::optional<BlobId>{};
    return state_->recorded(record, [&] {
        state_->keep_last_modified(command.person_id);
        return state_->unlink(command.person_id);
    });
}

result<ErasedImage> MemoryImageStore::erase(EraseImage command) {
    const std::unique_lock lock{state_->mutex};
    auto record = State::record_of(AuditedAction::erase, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    return state_->recorded(record, [&] {
        ErasedImage erased{.number = state_->last_erasure + 1};
        erased.kept.reserve(1);
        erased.erased.reserve(1);
        state_->keep_last_modified(command.person_id);
        state_->erasures.insert_or_assign(
            command.person_id, Erasure{.epoch = state_->epoch, .number = erased.number, .at = command.now});
        state_->last_erasure = erased.number;
        if (const auto blob_id = state_->unlink(command.person_id)) {
            const bool shared = !State::find_in(state_->blobs, *blob_id)->persons.empty();
            (shared ? erased.kept : erased.erased).push_back(*blob_id);
            if (!shared)
                state_->blobs.erase(*blob_id);
        }
        return erased;
    });
}

result<std::optional<Erasure>> MemoryImageStore::last_erasure(PersonId person_id) const {
    const std::shared_lock lock{state_->mutex};
    const auto* const erasure = State::find_in(state_->erasures, person_id);
    return erasure != nullptr ? std::optional{*erasure} : std::nullopt;
}

result<std::int64_t> MemoryImageStore::erasures() const {
    const std::shared_lock lock{state_->mutex};
    return state_->last_erasure;
}

std::string MemoryImageStore::epoch() const {
    return state_->epoch;
}

result<void> MemoryImageStore::writable() const {
    return state_->audit ? state_->audit->writable() : result<void>{};
}

} // namespace portrait
