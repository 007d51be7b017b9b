#include "entity/info_edit.hpp"

#include "entity/blob_entity.hpp"
#include "formats/json_patch.hpp"
#include "formats/json_reader.hpp"

#include <array>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

constexpr std::array writable_names{writable_texts[0].name, writable_texts[1].name, writable_texts[2].name};

} // namespace

ImageInfoChange without_views(ImageInfoChange change, const ImageInfo& stored,
                              const Localization& localization) {
    for (const auto& text : writable_texts) {
        auto& incoming = change.*text.change;
        const auto& present = stored.*text.stored;
        if (incoming && *incoming != present && localization.merge(present, *incoming) == present)
            incoming.reset();
    }
    return change;
}

ProblemOr<InfoEdit> InfoEdit::read(BodyType type, std::string_view body) {
    const auto whole = [](ProblemOr<ImageInfoChange> change) -> ProblemOr<InfoEdit> {
        if (!change)
            return change.error();
        return InfoEdit{*std::move(change)};
    };
    if (type == BodyType::form || type == BodyType::xml)
        return whole(read_blob_entity(type, body));
    auto document = read_json(body);
    if (!document)
        return document.error();
    // The shape decides and not the label, since clients send patches as application/json.
    if (document->is_array() || (type == BodyType::json_patch && !document->is_object())) {
        auto patch = read_json_patch(*document);
        if (!patch)
            return patch.error();
        return InfoEdit{*std::move(patch)};
    }
    if (type == BodyType::json)
        return whole(http::change_of(*document));
    return InfoEdit{MergePatch{*std::move(document)}};
}

ProblemOr<ImageInfoChange> InfoEdit::change_of(const ImageInfo& stored,
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
    if (!wanted)
        return wanted;
    // The patched entity is the whole entity: a text that the patch removed becomes empty.
    for (const auto& text : writable_texts)
        if (auto& incoming = (*wanted).*text.change; !incoming)
            incoming.emplace();
    return wanted;
}

ChangedInfo change_stored_info(const InfoPlace& place, const Precondition& precondition,
                               const std::function<ProblemOr<ImageInfoChange>(const ImageInfo&)>& change_of) {
    constexpr int max_attempts = 32;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto stored = place.read();
        if (!stored && stored.error() != errc::image_none)
            return stored.error();
        // The client's own condition, for the version that is replaced below.
        if (const auto checked = precondition.check(stored ? &*stored : nullptr, place.now()); !checked)
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
    return Error{errc::service_busy, "Other requests kept changing the ImageInfo; try again later"};
}

} // namespace portrait::http
