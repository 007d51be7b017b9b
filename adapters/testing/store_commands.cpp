#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace portrait::testing::conformance {

PersonId person(std::int32_t value) {
    return PersonId::from(value).value();
}

Timestamp at(int seconds) {
    return Timestamp{std::chrono::seconds{1'700'000'000 + seconds}};
}

Actor actor(std::int32_t associate_id) {
    return {.associate_id = associate_id,
            .name = "A" + std::to_string(associate_id),
            .full_name = "Åse " + std::to_string(associate_id),
            .person_id = associate_id + 100};
}

ImageContent content(std::uint32_t seed, std::size_t size) {
    std::vector<std::byte> bytes(size);
    std::uint32_t state = seed * 2'654'435'761U + 1;
    for (auto& byte : bytes) {
        state = state * 1'664'525U + 1'013'904'223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    const auto digest = digest_of(bytes);
    const auto format = all_image_formats[seed % all_image_formats.size()];
    return {.bytes = ImageBytes{std::move(bytes)},
            .header = {.format = format, .width = seed + 1, .height = seed + 2},
            .digest = digest};
}

SaveImage save_command(SaveTarget target, std::uint32_t seed, int seconds, std::size_t size) {
    return {.target = target,
            .content = content(seed, size),
            .texts = {.description = {}, .extra_info = {}, .conceptual_type = "PERSONPHOTO"},
            .actor = actor(static_cast<std::int32_t>(seed)),
            .now = at(seconds),
            .precondition = {}};
}

LinkImage link_command(PersonId person_id, BlobId blob_id, int seconds) {
    return {.person_id = person_id, .blob_id = blob_id, .actor = actor(7), .now = at(seconds)};
}

Precondition if_match(const ImageVersion& version) {
    return {.if_match = VersionCondition{.any = false, .versions = {version}}};
}

bool is_whole(const StoredImage& image) {
    return image.bytes.size() == image.info.size && digest_of(image.bytes) == image.info.digest;
}

} // namespace portrait::testing::conformance
