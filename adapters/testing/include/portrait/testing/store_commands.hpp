#pragma once

#include <portrait/actor.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Commands for an `ImageStore` as a service makes them, numbered by seeds: for tests of your store beside
/// the conformance suite, which uses them, too.
namespace portrait::testing::conformance {

/// The person of this id, which must be above 0.
inline PersonId person(std::int32_t value) {
    return PersonId::from(value).value();
}

/// A fixed moment plus so many seconds.
inline Timestamp at(int seconds) {
    return Timestamp{std::chrono::seconds{1'700'000'000 + seconds}};
}

/// `at` in whole seconds, such as an `ImageInfo::last_modified`.
inline std::chrono::sys_seconds second_at(int seconds) {
    return std::chrono::floor<std::chrono::seconds>(at(seconds));
}

/// An actor with names and a person id made from its associate id.
inline Actor actor(std::int32_t associate_id) {
    return {.associate_id = associate_id,
            .name = "A" + std::to_string(associate_id),
            .full_name = "Åse " + std::to_string(associate_id),
            .person_id = associate_id + 100};
}

/// Bytes that differ for each seed, with their header and digest. They are no picture: stores don't read
/// inside.
inline ImageContent content(std::uint32_t seed, std::size_t size = 1000) {
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

/// Saves `content(seed, size)`, by `actor(seed)`.
inline SaveImage save_command(SaveTarget target, std::uint32_t seed, int seconds = 0,
                              std::size_t size = 1000) {
    return {.target = target,
            .content = content(seed, size),
            .texts = {.description = {}, .extra_info = {}, .conceptual_type = "PERSONPHOTO"},
            .actor = actor(static_cast<std::int32_t>(seed)),
            .now = at(seconds),
            .precondition = {}};
}

/// Links the person to the blob.
inline LinkImage link_command(PersonId person_id, BlobId blob_id, int seconds = 0) {
    return {.person_id = person_id, .blob_id = blob_id, .actor = actor(7), .now = at(seconds)};
}

/// If-Match with one version.
inline Precondition if_match(const ImageVersion& version) {
    return {.if_match = VersionCondition{.any = false, .versions = {version}}};
}

/// Whether the bytes have the size and digest of their ImageInfo.
inline bool is_whole(const StoredImage& image) {
    return image.bytes.size() == image.info.size && digest_of(image.bytes) == image.info.digest;
}

} // namespace portrait::testing::conformance
