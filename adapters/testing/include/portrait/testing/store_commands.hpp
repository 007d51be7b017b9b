#pragma once

#include <portrait/actor.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <cstdint>

/// Commands as a service would give them to an `ImageStore`, told apart by small numbers: what the
/// conformance suite is written with, for further tests of a store of yours.
namespace portrait::testing::conformance {

/// The person of this id, which has to be above 0.
PORTRAIT_EXPORT PersonId person(std::int32_t value);
/// So many seconds after some fixed moment.
PORTRAIT_EXPORT Timestamp at(int seconds);
/// Somebody with this associate id, whose names and person id follow from it.
PORTRAIT_EXPORT Actor actor(std::int32_t associate_id);

/// Bytes that differ for each seed, with a header and digest that belong to them. They are no picture: stores
/// don't look inside.
PORTRAIT_EXPORT ImageContent content(std::uint32_t seed, std::size_t size = 1000);

/// Saves `content(seed, size)`, by `actor(seed)`.
PORTRAIT_EXPORT SaveImage save_command(SaveTarget target, std::uint32_t seed, int seconds = 0,
                                       std::size_t size = 1000);
/// Links the person to the blob, by some actor.
PORTRAIT_EXPORT LinkImage link_command(PersonId person_id, BlobId blob_id, int seconds = 0);

/// Precondition with If-Match of one version.
PORTRAIT_EXPORT Precondition if_match(const ImageVersion& version);

/// Whether bytes and ImageInfo belong together, by size and digest.
PORTRAIT_EXPORT bool is_whole(const StoredImage& image);

} // namespace portrait::testing::conformance
