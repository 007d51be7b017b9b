#include "values/ports.hpp"

#include <portrait/audit_log.hpp>
#include <portrait/forwarding_image_store.hpp>
#include <portrait/image_renderer.hpp>

#include <fmt/format.h>

#include <array>

// The default members of the ports.
namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding stores keep what this one only calls
void ImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    completion(save(std::move(command)));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as above
void ImageStore::fetch(ImageKey key, Completion<StoredImage> completion) const {
    completion(image(key));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as above
void ImageStore::fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> /*known*/,
                              Completion<StoredImage> completion) const {
    fetch(key, std::move(completion));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as above
void ImageStore::fetch_info(ImageKey key, Completion<ImageInfo> completion) const {
    completion(info(key));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as above
result<ErasedImage> ImageStore::erase(EraseImage) {
    return Error{errc::store_cannot_erase};
}

result<std::optional<Erasure>> ImageStore::last_erasure(PersonId) const {
    return std::optional<Erasure>{};
}

result<std::int64_t> ImageStore::erasures() const {
    return 0;
}

result<void> UpdateImageInfo::check_blob_id(BlobId stored) const {
    if (!expected_blob_id || *expected_blob_id == stored)
        return {};
    return Error{errc::info_blob_id_mismatch,
                 fmt::format("The BlobId {} is not the one of this picture, {}; 0 or that is accepted",
                             expected_blob_id->value(), stored.value())};
}

result<std::vector<PersonId>> ImageStore::persons_with_image(std::optional<PersonId>, std::size_t) const {
    return Error{errc::person_not_listed};
}

std::string_view name_of(AuditedAction action) noexcept {
    constexpr std::array<std::string_view, 6> names{"save", "update_info", "remove",
                                                    "link", "unlink",      "erase"};
    return names.at(static_cast<std::size_t>(action));
}

AuditedPicture AuditedPicture::of(const ImageInfo& info) noexcept {
    return {
        .blob_id = info.blob_id, .blob_version = info.blob_version, .size = info.size, .digest = info.digest};
}

result<std::vector<std::optional<ImageInfo>>> ImageStore::infos(std::span<const PersonId> persons) const {
    std::vector<std::optional<ImageInfo>> infos;
    infos.reserve(persons.size());
    for (const auto person_id : persons) {
        auto one = info(person_id);
        if (!one && one.error() != errc::image_none)
            return one.error();
        infos.push_back(one ? std::optional{*std::move(one)} : std::nullopt);
    }
    return infos;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding renderers keep what this one only uses
void ImageRenderer::submit(QueuedRendering rendering, Completion<RenderedImage> completion) const {
    const auto job = rendering.read();
    completion(job ? render(*job) : job.error());
}

void ImageRenderer::submit(RenderImage job, Completion<RenderedImage> completion) const {
    auto stop = job.stop;
    submit(QueuedRendering{.read = [job = std::move(job)]() -> result<RenderImage> { return job; },
                           .stop = std::move(stop)},
           std::move(completion));
}

void ImageRenderer::submit_placeholder(
    // NOLINTBEGIN(performance-unnecessary-value-param): as above
    Placeholder kind, const Rendition& rendition, RenderCaller,
    Completion<RenderedImage> completion) const { // NOLINTEND(performance-unnecessary-value-param)
    completion(placeholder(kind, rendition));
}

ForwardingImageStore::ForwardingImageStore(std::shared_ptr<ImageStore> store)
    : next_{required(std::move(store), "ForwardingImageStore needs a store to forward to")} {}

result<SavedImage> ForwardingImageStore::save(SaveImage command) {
    return awaited<result<SavedImage>>(
        [&](Completion<SavedImage> completion) { submit(std::move(command), std::move(completion)); });
}

} // namespace portrait
