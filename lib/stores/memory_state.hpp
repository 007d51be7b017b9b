#pragma once

#include <portrait/memory_image_store.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

namespace portrait {

/// The pictures of a store in memory, and their changes. Its members are called with the mutex held.
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
    /// The `last_modified` of the last picture of persons that have none now.
    std::unordered_map<PersonId, std::chrono::sys_seconds> unlinked;
    std::int64_t next_blob_id;
    std::int64_t last_version = 0; // of blobs and links alike, so that no two states share a version
    std::unordered_map<PersonId, Erasure> erasures;
    std::int64_t last_erasure = 0;
    const std::shared_ptr<AuditLog> audit; // may be null
    const std::string epoch = random_epoch();

    State(std::optional<BlobId> first, std::shared_ptr<AuditLog> log)
        : next_blob_id{first ? first->value() : 1}
        , audit{std::move(log)} {}

    static std::string random_epoch() {
        std::random_device device;
        return fmt::format("{:08x}{:08x}", device(), device());
    }

    /// Makes a change that can't fail but by exhausted memory, between the two calls of the log. A change
    /// gets all memory, that of its outcome too, before it changes anything that is stored.
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

    static ImageInfo as_linked(const Link& link, ImageInfo info) {
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
        return {blob, as_linked(*link, blob->info)};
    }

    static Error nothing_at(ImageKey key) {
        return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
    }

    static void fill(ImageInfo& info, const ImageContent& content) {
        info.size = content.bytes.size();
        info.format = content.header.format;
        info.width = content.header.width;
        info.height = content.header.height;
        info.digest = content.digest;
    }

    template<class Command>
    void touch(ImageInfo& info, const Command& command) {
        info.blob_version = ++last_version;
        info.last_modified = second_of_change(command.now, info.last_modified);
        info.updated_at = command.now;
        info.updated_by = command.actor.stored();
    }

    void touch_saved(ImageInfo& info, const SaveImage& command) {
        touch(info, command);
        if (!command.origin)
            return;
        info.updated_at = command.origin->stamps.updated_at;
        info.updated_by = command.origin->stamps.updated_by.stored();
    }

    /// The `last_modified` of the person's present picture or of the last one.
    std::optional<std::chrono::sys_seconds> last_modified_of(PersonId person_id) const {
        if (const auto* const link = find_in(links, person_id))
            return find_in(blobs, link->blob_id)->info.last_modified;
        const auto* const last = find_in(unlinked, person_id);
        return last != nullptr ? std::optional{*last} : std::nullopt;
    }

    [[nodiscard]] result<BlobId> free_blob_id() const {
        if (next_blob_id > std::numeric_limits<std::int32_t>::max())
            return Error{errc::blob_ids_exhausted};
        return BlobId::from(next_blob_id);
    }

    /// `previous` is the `last_modified` of the state before.
    Blob make_blob(BlobId blob_id, const SaveImage& command, const ImageTexts& texts,
                   std::optional<std::chrono::sys_seconds> previous = std::nullopt) {
        Blob blob{.info = {.blob_id = blob_id,
                           .description = texts.description,
                           .extra_info = texts.extra_info,
                           .conceptual_type = texts.conceptual_type,
                           .created_at = command.origin ? command.origin->stamps.created_at : command.now,
                           .created_by =
                               (command.origin ? command.origin->stamps.created_by : command.actor).stored(),
                           .linked_at = command.now,
                           .last_modified = previous}};
        if (command.content) {
            blob.bytes = command.content->bytes;
            fill(blob.info, *command.content);
        }
        touch_saved(blob.info, command);
        return blob;
    }

    Blob& insert(Blob blob) {
        const auto blob_id = blob.info.blob_id;
        auto& inserted = blobs.emplace(blob_id, std::move(blob)).first->second;
        next_blob_id = std::int64_t{blob_id.value()} + 1;
        return inserted;
    }

    /// Links a person to a blob that it isn't linked to.
    void relink(PersonId person_id, Blob& blob, const Link& link) {
        blob.persons.insert(person_id);
        const auto found = links.find(person_id);
        if (found != links.end()) {
            find_in(blobs, found->second.blob_id)->persons.erase(person_id);
            found->second = link;
            return;
        }
        try {
            links.emplace(person_id, link);
        } catch (...) {
            blob.persons.erase(person_id);
            throw;
        }
        unlinked.erase(person_id);
    }

    /// Keeps the `last_modified` of a picture that `unlink` is going to take from the person.
    void keep_last_modified(PersonId person_id) {
        if (const auto last = last_modified_of(person_id))
            unlinked.insert_or_assign(person_id, *last);
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
            auto made = make_blob(*blob_id, command, command.texts);
            SavedImage saved{.info = made.info, .created = true};
            insert(std::move(made));
            return saved;
        });
    }

    [[nodiscard]] result<SavedImage> save_over(ImageKey target, const SaveImage& command) {
        auto [blob, info] = look_up(target);
        if (auto checked = command.precondition.check(info ? &*info : nullptr, command.now); !checked)
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
            return recorded(record, [&, blob = blob, info = std::ref(*info)] {
                auto changed = blob->info;
                fill(changed, *command.content);
                touch_saved(changed, command);
                SavedImage saved{.info = as_read(changed, info), .created = false};
                blob->info = std::move(changed);
                blob->bytes = command.content->bytes;
                return saved;
            });
        }
        const auto blob_id = free_blob_id();
        if (!blob_id)
            return blob_id.error();
        record.after = next_state(*blob_id, command.content);
        const auto texts =
            info ? ImageTexts{info->description, info->extra_info, info->conceptual_type} : command.texts;
        return recorded(record, [&] {
            auto made = make_blob(*blob_id, command, texts, last_modified_of(*person_id));
            const auto link = new_link(*blob_id, command);
            SavedImage saved{.info = as_linked(link, made.info), .created = true};
            auto& inserted = insert(std::move(made));
            try {
                relink(*person_id, inserted, link);
            } catch (...) {
                blobs.erase(*blob_id);
                throw;
            }
            return saved;
        });
    }

    template<class Command>
    Link new_link(BlobId blob_id, const Command& command) {
        return {blob_id, ++last_version, command.origin ? command.origin->linked_at : command.now};
    }

    /// The changed info of a blob, read by the key that gave `before`.
    static ImageInfo as_read(ImageInfo changed, const ImageInfo& before) {
        changed.link_version = before.link_version;
        changed.linked_at = before.linked_at;
        return changed;
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

} // namespace portrait
