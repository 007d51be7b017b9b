#pragma once

#include "support/store_conformance.hpp"

#include <portrait/image_commands.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

/// What the files of the conformance suite share.
namespace portrait::testing::conformance {

struct Case {
    const char* name;
    void (*run)(const StoreFactory&);
};

std::span<const Case> saving_cases();
std::span<const Case> blob_cases();
std::span<const Case> precondition_cases();
std::span<const Case> concurrency_cases();

PersonId person(std::int32_t value);
Timestamp at(int seconds);
Actor actor(std::int32_t associate_id);

/// Bytes that differ for each seed, with a header and digest that belong to them. Stores don't look inside.
ImageContent content(std::uint32_t seed, std::size_t size = 1000);

SaveImage save_command(SaveTarget target, std::uint32_t seed, int seconds = 0, std::size_t size = 1000);
SavedImage save(ImageStore& store, SaveTarget target, std::uint32_t seed, int seconds = 0);
LinkImage link_command(PersonId person_id, BlobId blob_id, int seconds = 0);

/// Precondition with If-Match of one version.
Precondition if_match(const ImageVersion& version);

/// Whether bytes and ImageInfo belong together.
bool is_whole(const StoredImage& image);

} // namespace portrait::testing::conformance
