#include <portrait/memory_image_store.hpp>

#include <cstdint>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

namespace portrait {

struct MemoryImageStore::State {
    struct Blob {
        ImageInfo info; // as read by BlobId
        ImageBytes bytes{};
        std::unordered_set<PersonId> persons{};
    };
    struct Link {
        BlobId blob_id;
        std::int64_t version;
        Timestamp at;
    };

    mutable std::shared_mutex mutex;
    std::unordered_map<BlobId, Blob> blobs;
    std::unordered_map<PersonId, Link> links;
    std::int64_t next_blob_id;
    std::int64_t last_version = 0; // of blobs and links alike, so that no two states share a version
    std::unordered_map<PersonId, Erasure> erasures;
    std::int64_t last_erasure = 0;
    const std::shared_ptr<AuditLog> audit; // may be null

    State(std::optional<BlobId> first, std::shared_ptr<AuditLog> log)
        : next_blob_id{first ? first->value() : 1}
        , audit{std::move(log)} {}

    /// Makes a change that can't fail but by exhausted memory, between the two calls of the log.
    template<class Change>
    auto recorded(const AuditRecord& record, const Change& change) -> result<decltype(change())> {
        if (!audit)
            return change();
        const auto ticket = audit->prepare({&record, 1});
        if (!ticket)
            return ticket.error();
        try {
            auto outcome = change();
            audit->conclude(*ticket, AuditOutcome::committed);
            return outcome;
        } catch (...) {
            audit->conclude(*ticket, AuditOutcome::failed);
            throw;
        }
    }

    static std::optional<AuditedPicture> audited(const std::optional<ImageInfo>& info) {
        return info ? std::optional{AuditedPicture::of(*info)} : std::nullopt;
    }

    /// The state that the next `fill` and `touch` make.
    AuditedPicture next_state(BlobId blob_id, const std::optional<ImageContent>& content) const {
        return {.blob_id = blob_id,
                .blob_version = last_version + 1,
                .size = content ? content->bytes.size() : 0,
                .digest = content ? content->digest : Digest{}};
    }

    template<class Map, class Key>
    static auto* find_in(Map& map, const Key& key) {
        const auto found = map.find(key);
        return found == map.end() ? nullptr : &found->second;
    }

    [[nodiscard]] result<void> check_erasure(PersonId person_id,
                                             const std::optional<ImportOrigin>& origin) const {
        const auto* const erasure = origin ? find_in(erasures, person_id) : nullptr;
        if (erasure != nullptr && origin->exported.is_before(*erasure))
            return Error{errc::person_erased};
        return {};
    }

    static ImageInfo as_linked(const Link& link, const Blob& blob) {
        auto info = blob.info;
        info.link_version = link.version;
        info.linked_at = link.at;
        return info;
    }

    /// The blob of a key, with the ImageInfo as read by the key; null when there is none.
    std::pair<Blob*, std::optional<ImageInfo>> look_up(ImageKey key) {
        if (const auto* blob_id = std::get_if<BlobId>(&key)) {
            auto* blob = find_in(blobs, *blob_id);
            return {blob, blob ? std::optional{blob->info} : std::nullopt};
        }
        const auto* link = find_in(links, std::get<PersonId>(key));
        if (link == nullptr)
            return {nullptr, std::nullopt};
        auto* blob = find_in(blobs, link->blob_id);
        return {blob, as_linked(*link, *blob)};
    }

    static Error nothing_at(ImageKey key) {
        return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
    }

    static void fill(Blob& blob, const ImageContent& content) {
        blob.bytes = content.bytes;
        blob.info.size = content.bytes.size();
        blob.info.format = content.header.format;
        blob.info.width = content.header.width;
        blob.info.height = content.header.height;
        blob.info.digest = content.digest;
    }

    void touch(Blob& blob, const Actor& actor, Timestamp now) {
        blob.info.blob_version = ++last_version;
        blob.info.updated_at = now;
        blob.info.updated_by = actor.stored();
    }

    void touch(Blob& blob, const SaveImage& command) {
        const auto& origin = command.origin;
        touch(blob, origin ? origin->stamps.updated_by : command.actor,
              origin ? origin->stamps.updated_at : command.now);
    }

    [[nodiscard]] result<BlobId> free_blob_id() const {
        if (next_blob_id > std::numeric_limits<std::int32_t>::max())
            return Error{errc::blob_ids_exhausted};
        return BlobId::from(next_blob_id);
    }

    Blob& make_blob(BlobId blob_id, const SaveImage& command, const ImageTexts& texts) {
        Blob blob{.info = {.blob_id = blob_id,
                           .description = texts.description,
                           .extra_info = texts.extra_info,
                           .conceptual_type = texts.conceptual_type,
                           .created_at = command.origin ? command.origin->stamps.created_at : command.now,
                           .created_by =
                               (command.origin ? command.origin->stamps.created_by : command.actor).stored(),
                           .linked_at = command.now}};
        if (command.content)
            fill(blob, *command.content);
        touch(blob, command);
        ++next_blob_id;
        return blobs.emplace(blob_id, std::move(blob)).first->second;
    }

    Link& relink(PersonId person_id, Blob& blob, Timestamp now) {
        unlink(person_id);
        blob.persons.insert(person_id);
        const Link link{blob.info.blob_id, ++last_version, now};
        return links.insert_or_assign(person_id, link).first->second;
    }

    std::optional<BlobId> unlink(PersonId person_id) {
        const auto* link = find_in(links, person_id);
        if (link == nullptr)
            return std::nullopt;
        const auto blob_id = link->blob_id;
        find_in(blobs, blob_id)->persons.erase(person_id);
        links.erase(person_id);
        return blob_id;
    }

    [[nodiscard]] result<SavedImage> save_new(const SaveImage& command) {
        const auto blob_id = free_blob_id();
        if (!blob_id)
            return blob_id.error();
        auto record = record_of(AuditedAction::save, command);
        record.after = next_state(*blob_id, command.content);
        return recorded(record, [&] {
            return SavedImage{.info = make_blob(*blob_id, command, command.texts).info, .created = true};
        });
    }

    [[nodiscard]] result<SavedImage> save_over(ImageKey target, const SaveImage& command) {
        auto [blob, info] = look_up(target);
        if (auto checked = command.precondition.check(info ? &*info : nullptr); !checked)
            return checked.error();
        const auto* const person_id = std::get_if<PersonId>(&target);
        if (blob == nullptr && person_id == nullptr)
            return Error{errc::blob_unknown};
        if (person_id != nullptr)
            if (auto checked = check_erasure(*person_id, command.origin); !checked)
                return checked.error();
        auto record = record_of(AuditedAction::save, command, target);
        record.before = audited(info);
        if (blob != nullptr && (person_id == nullptr || blob->persons.size() == 1)) {
            record.after = next_state(info->blob_id, command.content);
            return recorded(record, [&, blob = blob] {
                fill(*blob, *command.content);
                touch(*blob, command);
                return SavedImage{.info = *look_up(target).second, .created = false};
            });
        }
        const auto blob_id = free_blob_id();
        if (!blob_id)
            return blob_id.error();
        record.after = next_state(*blob_id, command.content);
        const auto texts =
            info ? ImageTexts{info->description, info->extra_info, info->conceptual_type} : command.texts;
        return recorded(record, [&] {
            auto& made = make_blob(*blob_id, command, texts);
            const auto linked_at = command.origin ? command.origin->linked_at : command.now;
            return SavedImage{.info = as_linked(relink(*person_id, made, linked_at), made), .created = true};
        });
    }

    template<class Command>
    static AuditRecord record_of(AuditedAction action, const Command& command,
                                 std::optional<ImageKey> target = std::nullopt) {
        AuditRecord record{.action = action, .at = command.now, .actor = command.actor};
        if (const auto* const person_id = target ? std::get_if<PersonId>(&*target) : nullptr)
            record.person_id = *person_id;
        if constexpr (requires { command.origin; })
            if (command.origin)
                record.imported = command.origin->stamps;
        return record;
    }
};

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

std::optional<StoredImage> MemoryImageStore::cached_image(PersonId person_id) const {
    auto stored = image(person_id);
    return stored ? std::optional{*std::move(stored)} : std::nullopt;
}

result<ImageInfo> MemoryImageStore::update_info(UpdateImageInfo command) {
    const std::unique_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(command.target);
    if (auto checked = command.precondition.check(info ? &*info : nullptr); !checked)
        return checked.error();
    if (blob == nullptr)
        return State::nothing_at(command.target);
    if (command.expected_blob_id && *command.expected_blob_id != blob->info.blob_id)
        return Error{errc::info_blob_id_mismatch};
    auto record = State::record_of(AuditedAction::update_info, command, command.target);
    record.before = record.after = AuditedPicture::of(*info);
    record.after->blob_version = state_->last_version + 1;
    return state_->recorded(record, [&, blob = blob] {
        if (command.description)
            blob->info.description = *std::move(command.description);
        if (command.extra_info)
            blob->info.extra_info = *std::move(command.extra_info);
        if (command.conceptual_type)
            blob->info.conceptual_type = *std::move(command.conceptual_type);
        state_->touch(*blob, command.actor, command.now);
        return *state_->look_up(command.target).second;
    });
}

result<RemovedImage> MemoryImageStore::remove(RemoveImage command) {
    const std::unique_lock lock{state_->mutex};
    auto [blob, info] = state_->look_up(command.target);
    if (auto checked = command.precondition.check(info ? &*info : nullptr); !checked)
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
        return State::as_linked(*present, *blob);
    auto record = State::record_of(AuditedAction::link, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    record.after = AuditedPicture::of(blob->info);
    return state_->recorded(record, [&] {
        const auto linked_at = command.origin ? command.origin->linked_at : command.now;
        return State::as_linked(state_->relink(command.person_id, *blob, linked_at), *blob);
    });
}

result<std::optional<BlobId>> MemoryImageStore::unlink(UnlinkImage command) {
    const std::unique_lock lock{state_->mutex};
    auto record = State::record_of(AuditedAction::unlink, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    if (!record.before)
        return std::optional<BlobId>{};
    return state_->recorded(record, [&] { return state_->unlink(command.person_id); });
}

result<ErasedImage> MemoryImageStore::erase(EraseImage command) {
    const std::unique_lock lock{state_->mutex};
    auto record = State::record_of(AuditedAction::erase, command, command.person_id);
    record.before = State::audited(state_->look_up(command.person_id).second);
    return state_->recorded(record, [&] {
        ErasedImage erased{.number = state_->last_erasure + 1};
        state_->erasures.insert_or_assign(command.person_id,
                                          Erasure{.number = erased.number, .at = command.now});
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

result<void> MemoryImageStore::writable() const {
    return state_->audit ? state_->audit->writable() : result<void>{};
}

} // namespace portrait
