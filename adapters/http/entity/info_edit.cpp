#include "entity/info_edit.hpp"

#include "entity/blob_entity.hpp"
#include "formats/json_reader.hpp"
#include "formats/merge_patch.hpp"

#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

constexpr std::string_view writable_names[]{"Description", "ExtraInfo", "ConceptualType"};

/// A text that the patch took away reads as empty: the patched entity is the whole entity, and lacks it.
void empty_absent(ImageInfoChange& change) {
    for (auto* text : {&change.description, &change.extra_info, &change.conceptual_type})
        if (!*text)
            text->emplace();
}

} // namespace

ImageInfoChange without_views(ImageInfoChange change, const ImageInfo& stored,
                              const Localization& localization) {
    const auto drop = [&localization](std::optional<std::string>& incoming, const std::string& present) {
        if (incoming && *incoming != present && localization.merge(present, *incoming) == present)
            incoming.reset();
    };
    drop(change.description, stored.description);
    drop(change.extra_info, stored.extra_info);
    drop(change.conceptual_type, stored.conceptual_type);
    return change;
}

boost::system::result<InfoEdit, Problem> InfoEdit::read(BodyType type, std::string_view body) {
    if (type != BodyType::json_patch && type != BodyType::merge_patch) {
        auto change = read_blob_entity(type, body);
        if (!change)
            return change.error();
        return InfoEdit{*std::move(change)};
    }
    auto document = read_json(body);
    if (!document)
        return document.error();
    if (type == BodyType::merge_patch)
        return InfoEdit{MergePatch{std::move(*document)}};
    auto patch = read_json_patch(*document);
    if (!patch)
        return patch.error();
    return InfoEdit{*std::move(patch)};
}

boost::system::result<ImageInfoChange, Problem> InfoEdit::change_of(const ImageInfo& stored,
                                                                    const Localization& localization) const {
    if (const auto* whole = change())
        return without_views(*whole, stored, localization);
    json::value entity = blob_entity(&stored);
    if (const auto* patch = std::get_if<JsonPatch>(&edit_)) {
        auto outcome = patched(std::move(entity.get_object()), *patch, writable_names);
        if (!outcome)
            return outcome.error();
        entity = *std::move(outcome);
    } else {
        entity = merged(std::move(entity), std::get<MergePatch>(edit_).patch);
    }
    auto wanted = http::change_of(entity);
    if (wanted)
        empty_absent(*wanted);
    return wanted;
}

ChangedInfo change_stored_info(
    const InfoPlace& place, const Precondition& precondition,
    const std::function<boost::system::result<ImageInfoChange, Problem>(const ImageInfo&)>& change_of) {
    constexpr int max_attempts = 32;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto stored = place.read();
        if (!stored && stored.error() != errc::image_none)
            return stored.error();
        // The client's own condition, for the very version that is written over below.
        if (const auto checked = precondition.check(stored ? &*stored : nullptr); !checked)
            return checked.error();
        if (!stored)
            return stored.error();
        auto change = change_of(*stored);
        if (!change)
            return change.error();
        Precondition unchanged;
        unchanged.if_match = VersionCondition{.any = false, .versions = {stored->version()}};
        auto changed = place.write(*std::move(change), std::move(unchanged));
        if (changed)
            return *std::move(changed);
        if (changed.error() != errc::precondition_failed)
            return changed.error();
    }
    return Error{errc::service_busy, "Others kept changing the ImageInfo; try again later"};
}

} // namespace portrait::http
