#include "values/ports.hpp"
#include "values/text.hpp"

#include <portrait/person_image_service.hpp>
#include <portrait/probe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace portrait {
namespace {

ImageTexts texts_of_person() {
    return {.description = {}, .extra_info = {}, .conceptual_type = "PERSONPHOTO"};
}

[[nodiscard]] result<void> check_header(const ImageHeader& header, const Limits& limits) {
    if (!limits.formats.contains(header.format))
        return Error{errc::image_format_not_allowed,
                     fmt::format("{} is not accepted here", media_type(header.format))};
    return check_dimensions(header.width, header.height, limits);
}

[[nodiscard]] result<void> check_texts(const ImageInfoChange& change) {
    struct Text {
        std::string_view name;
        const std::optional<std::string>& text;
        std::size_t max_characters;
    };
    for (const auto& [name, text, max_characters] :
         {Text{"Description", change.description, 2048}, Text{"ExtraInfo", change.extra_info, 2048},
          Text{"ConceptualType", change.conceptual_type, 254}})
        if (auto checked = text ? check_text(name, *text, max_characters) : result<void>{}; !checked)
            return checked;
    return {};
}

/// The outcome of a store's member; an error about the blob gets a message with its id.
template<class Value>
[[nodiscard]] result<Value> about(const ImageKey& key, result<Value>&& outcome) {
    const auto* const blob_id = std::get_if<BlobId>(&key);
    if (blob_id != nullptr && !outcome && outcome.error() == errc::blob_unknown)
        return Error{errc::blob_unknown, fmt::format("Blob id {} not found", blob_id->value())};
    return std::move(outcome);
}

Error without_image(PersonId person_id) {
    return Error{errc::image_none, fmt::format("Person id {} has no picture", person_id.value())};
}

} // namespace

PersonImageService::PersonImageService(std::shared_ptr<ImageStore> store,
                                       std::shared_ptr<PersonDirectory> directory, Limits limits,
                                       std::shared_ptr<const Clock> clock, MetadataPolicy metadata)
    : store_{required(std::move(store), "PersonImageService needs a store")}
    , directory_{required(std::move(directory), "PersonImageService needs a person directory")}
    , limits_{limits}
    , clock_{clock ? std::move(clock) : system_clock()}
    , metadata_{metadata} {}

result<Inspection> PersonImageService::inspect(std::span<const std::byte> bytes) const {
    if (auto checked = check_bytes(bytes.size(), limits_); !checked)
        return checked.error();
    auto header = probe(bytes);
    if (!header)
        return header.error();
    if (auto checked = check_header(*header, limits_); !checked)
        return checked.error();
    return Inspection{.header = *header, .digest = digest_of(bytes), .size = bytes.size()};
}

result<void> PersonImageService::require_person(const ImageKey& target) const {
    const auto* const person_id = std::get_if<PersonId>(&target);
    if (person_id == nullptr)
        return {};
    const auto known = directory_->contains(*person_id);
    if (!known)
        return known.error();
    if (!*known)
        return unknown_person(*person_id);
    return {};
}

result<StoredImage> PersonImageService::image(ImageKey key) const {
    return about(key, found(key, store_->image(key)));
}

result<ImageInfo> PersonImageService::info(ImageKey key) const {
    return about(key, found(key, store_->info(key)));
}

Error PersonImageService::unknown_person(PersonId person_id) {
    return Error{errc::person_unknown, fmt::format("Person id {} not found", person_id.value())};
}

Error PersonImageService::no_image(const ImageKey& key) const {
    if (auto known = require_person(key); !known)
        return known.error();
    const auto* const person_id = std::get_if<PersonId>(&key);
    return person_id != nullptr ? without_image(*person_id) : Error{errc::image_none};
}

template<class Value>
Completion<Value> PersonImageService::finding(PersonId person_id, Completion<Value> completion) const {
    return [directory = directory_, person_id, completion = std::move(completion)](result<Value> outcome) {
        if (outcome || outcome.error() != errc::image_none)
            return completion(std::move(outcome));
        directory->ask(person_id, [person_id, completion](const result<bool>& known) {
            completion(!known   ? known.error()
                       : *known ? without_image(person_id)
                                : unknown_person(person_id));
        });
    };
}

void PersonImageService::fetch(PersonId person_id, Completion<StoredImage> completion) const {
    store_->fetch(person_id, finding(person_id, std::move(completion)));
}

void PersonImageService::fetch_info(PersonId person_id, Completion<ImageInfo> completion) const {
    store_->fetch_info(person_id, finding(person_id, std::move(completion)));
}

result<SavedImage> PersonImageService::answer_of(result<SavedImage> saved, const SaveTarget& target,
                                                 std::optional<ScrubReceipt> scrubbed) {
    if (saved)
        saved->scrubbed = std::move(scrubbed);
    const auto* const person_id = std::get_if<PersonId>(&target);
    if (person_id != nullptr && !saved && saved.error() == errc::person_unknown)
        return unknown_person(*person_id);
    return saved;
}

result<PersonImageService::PreparedSave> PersonImageService::prepare(SaveTarget target, ImageBytes bytes,
                                                                     ImageTexts texts, const Actor& actor,
                                                                     Precondition precondition) const {
    PreparedSave save{.command = {.target = target,
                                  .texts = std::move(texts),
                                  .actor = actor,
                                  .now = {},
                                  .precondition = std::move(precondition)}};
    if (!bytes.empty() || !std::holds_alternative<NewBlob>(target)) {
        if (metadata_ == MetadataPolicy::scrub) {
            if (auto checked = check_bytes(bytes.size(), limits_); !checked)
                return checked.error();
            auto scrubbed = scrub(bytes);
            if (!scrubbed)
                return scrubbed.error();
            bytes = std::move(scrubbed->bytes);
            save.scrubbed = std::move(scrubbed->receipt);
        }
        const auto inspection = inspect(bytes);
        if (!inspection)
            return inspection.error();
        save.command.content = ImageContent{std::move(bytes), inspection->header, inspection->digest};
    }
    if (const auto* const person_id = std::get_if<PersonId>(&target)) {
        save.command.for_listed_person = store_->checks_persons_of(*directory_);
        if (!save.command.for_listed_person)
            if (auto known = require_person(*person_id); !known)
                return known.error();
    }
    save.command.now = clock_->now();
    return save;
}

result<SavedImage> PersonImageService::save(result<PreparedSave> save) {
    if (!save)
        return save.error();
    const auto target = save->command.target;
    return answer_of(store_->save(std::move(save->command)), target, std::move(save->scrubbed));
}

result<SavedImage> PersonImageService::save(PersonId person_id, ImageBytes bytes, const Actor& actor,
                                            Precondition precondition) {
    return save(prepare(person_id, std::move(bytes), texts_of_person(), actor, std::move(precondition)));
}

void PersonImageService::submit(PersonId person_id, ImageBytes bytes, const Actor& actor,
                                Precondition precondition, Completion<SavedImage> completion) {
    auto save = prepare(person_id, std::move(bytes), texts_of_person(), actor, std::move(precondition));
    if (!save)
        return completion(save.error());
    if (!save->scrubbed && !save->command.for_listed_person)
        return store_->submit(std::move(save->command), std::move(completion));
    store_->submit(std::move(save->command), [person_id, scrubbed = std::move(save->scrubbed),
                                              completion = std::move(completion)](auto saved) mutable {
        completion(answer_of(std::move(saved), person_id, std::move(scrubbed)));
    });
}

result<ImageInfo> PersonImageService::update_info(ImageKey target, ImageInfoChange change, const Actor& actor,
                                                  Precondition precondition) {
    if (auto checked = check_texts(change); !checked)
        return checked.error();
    if (auto known = require_person(target); !known)
        return known.error();
    return about(target, store_->update_info({.target = target,
                                              .description = std::move(change.description),
                                              .extra_info = std::move(change.extra_info),
                                              .conceptual_type = std::move(change.conceptual_type),
                                              .expected_blob_id = change.blob_id,
                                              .actor = actor,
                                              .now = clock_->now(),
                                              .precondition = std::move(precondition)}));
}

result<RemovedImage> PersonImageService::remove(ImageKey target, const Actor& actor,
                                                Precondition precondition) {
    if (auto known = require_person(target); !known)
        return known.error();
    return about(target, store_->remove({.target = target,
                                         .actor = actor,
                                         .now = clock_->now(),
                                         .precondition = std::move(precondition)}));
}

result<SavedImage> PersonImageService::create(ImageBytes bytes, ImageInfoChange texts, const Actor& actor) {
    if (auto checked = check_texts(texts); !checked)
        return checked.error();
    return save(prepare(NewBlob{}, std::move(bytes),
                        {.description = std::move(texts.description).value_or(""),
                         .extra_info = std::move(texts.extra_info).value_or(""),
                         .conceptual_type = std::move(texts.conceptual_type).value_or("")},
                        actor, {}));
}

result<SavedImage> PersonImageService::replace(BlobId blob_id, ImageBytes bytes, const Actor& actor,
                                               Precondition precondition) {
    return about(blob_id, save(prepare(blob_id, std::move(bytes), {}, actor, std::move(precondition))));
}

result<ImageInfo> PersonImageService::link(PersonId person_id, BlobId blob_id, const Actor& actor) {
    if (auto known = require_person(person_id); !known)
        return known.error();
    return about(
        blob_id,
        store_->link({.person_id = person_id, .blob_id = blob_id, .actor = actor, .now = clock_->now()}));
}

result<std::optional<BlobId>> PersonImageService::unlink(PersonId person_id, const Actor& actor) {
    if (auto known = require_person(person_id); !known)
        return known.error();
    return store_->unlink({.person_id = person_id, .actor = actor, .now = clock_->now()});
}

result<ErasureReceipt> PersonImageService::erase(PersonId person_id, const Actor& actor, bool name) {
    ErasureReceipt receipt{.person_id = person_id, .at = {}, .by = actor.stored(), .epoch = store_->epoch()};
    // First the name: a save that comes later is refused then, and the picture of an earlier one is erased.
    if (name) {
        auto forgotten = directory_->forget(person_id);
        if (!forgotten)
            return forgotten.error();
        receipt.name = forgotten->existed ? NameErasure::forgotten : NameErasure::absent;
        receipt.unproven = std::move(forgotten->unproven);
    }
    receipt.at = clock_->now();
    auto erased = store_->erase({.person_id = person_id, .actor = actor, .now = receipt.at});
    if (!erased)
        return erased.error();
    receipt.number = erased->number;
    receipt.erased = std::move(erased->erased);
    receipt.kept = std::move(erased->kept);
    receipt.unproven.insert(receipt.unproven.end(), erased->unproven.begin(), erased->unproven.end());
    return receipt;
}

result<SavedImage> PersonImageService::import_image(PersonId person_id, ImageBytes bytes, ImageTexts texts,
                                                    ImportOrigin origin, const Actor& actor,
                                                    Precondition precondition) {
    if (auto checked = check_texts({.description = texts.description,
                                    .extra_info = texts.extra_info,
                                    .conceptual_type = texts.conceptual_type,
                                    .blob_id = {}});
        !checked)
        return checked.error();
    auto save = prepare(person_id, std::move(bytes), std::move(texts), actor, std::move(precondition));
    if (save)
        save->command.origin = std::move(origin);
    return this->save(std::move(save));
}

result<ImageInfo> PersonImageService::import_link(PersonId person_id, BlobId blob_id, ImportOrigin origin,
                                                  const Actor& actor) {
    if (auto known = require_person(person_id); !known)
        return known.error();
    return about(blob_id, store_->link({.person_id = person_id,
                                        .blob_id = blob_id,
                                        .actor = actor,
                                        .now = clock_->now(),
                                        .origin = std::move(origin)}));
}

} // namespace portrait
