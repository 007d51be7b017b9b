#pragma once

#include <portrait/actor.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <cstdint>

/// Commands for an `ImageStore` as a service makes them, numbered by seeds: for tests of your store beside
/// the conformance suite, which uses them, too.
namespace portrait::testing::conformance {

/// The person of this id, which must be above 0.
PORTRAIT_EXPORT PersonId person(std::int32_t value);
/// A fixed moment plus so many seconds.
PORTRAIT_EXPORT Timestamp at(int seconds);
/// An actor with names and a person id made from its associate id.
PORTRAIT_EXPORT Actor actor(std::int32_t associate_id);

/// Bytes that differ for each seed, with their header and digest. They are no picture: stores don't read
/// inside.
PORTRAIT_EXPORT ImageContent content(std::uint32_t seed, std::size_t size = 1000);

/// Saves `content(seed, size)`, by `actor(seed)`.
PORTRAIT_EXPORT SaveImage save_command(SaveTarget target, std::uint32_t seed, int seconds = 0,
                                       std::size_t size = 1000);
/// Links the person to the blob.
PORTRAIT_EXPORT LinkImage link_command(PersonId person_id, BlobId blob_id, int seconds = 0);

/// If-Match with one version.
PORTRAIT_EXPORT Precondition if_match(const ImageVersion& version);

/// Whether the bytes have the size and digest of their ImageInfo.
PORTRAIT_EXPORT bool is_whole(const StoredImage& image);

} // namespace portrait::testing::conformance
