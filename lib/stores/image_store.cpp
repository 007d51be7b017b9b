#include <portrait/image_store.hpp>

#include <utility>

namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding stores keep what this one only calls
void ImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    completion(save(std::move(command)));
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

} // namespace portrait
