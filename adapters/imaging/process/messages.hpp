#pragma once

#include <portrait/image_renderer.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/limits.hpp>
#include <portrait/upload_converter.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

/// What a server and its rendering process say to each other, one message a packet. Both are of one build.
namespace portrait::imaging::process {

/// The rendering process's descriptors; those from `descriptors_end` on are closed.
constexpr int messages_descriptor = 3; ///< a socket of packets: the messages below
constexpr int control_descriptor = 4;  ///< a pipe: numbers of requests to stop; its end ends the process
constexpr int picture_descriptor = 5;  ///< memory: the picture of a request, written by the server
constexpr int made_descriptor = 6;     ///< memory: the rendition, written by the rendering process
constexpr int descriptors_end = 7;

/// A text of a fixed size, cut off if it is longer.
template<std::size_t Size>
struct ShortText {
    std::uint16_t size = 0;
    std::array<char, Size> characters{};

    void assign(std::string_view text) noexcept {
        size = static_cast<std::uint16_t>(text.copy(characters.data(), characters.size()));
    }
    /// Safe for any contents of the members.
    std::string_view view() const noexcept {
        return {characters.data(), std::min<std::size_t>(size, characters.size())};
    }
};

/// The first message to the process; it answers with `Answer::Kind::ready`.
struct Setup {
    ShortText<32> version{}; ///< portrait's: an upgrade may have replaced one of the two programs
    int jpeg_quality = 0;
    int png_compression = 0;
    int gif_effort = 0;
    std::uint32_t max_frames = 0;
    std::uint32_t max_scans = 0;
    std::uint64_t max_decoded_bytes = 0;
    std::chrono::milliseconds time_limit{};
    ConvertibleFormats convertible{};
};

/// The most bytes of a rendition: those of its pixels, and the encoder's own. A profile makes three colours
/// of a grey.
constexpr std::uint64_t most_made_bytes(std::uint64_t decoded_bytes,
                                        std::uint64_t max_decoded_bytes) noexcept {
    constexpr std::uint64_t colors = 3;
    return std::min(decoded_bytes, max_decoded_bytes / colors) * colors + (1ULL << 20);
}

/// A picture to make.
struct Request {
    enum class Work : std::uint8_t { render, placeholder, convert };

    std::uint64_t number = 0;
    Work work = Work::render;
    std::uint64_t picture_bytes = 0; ///< in the memory of `picture_descriptor`
    ImageHeader header{};
    Rendition rendition{};
    Placeholder placeholder = Placeholder::standard;
    ConvertibleFormat format = ConvertibleFormat::webp;
    Limits limits{};
};

/// The answer to `Answer::Kind::cost`.
struct Verdict {
    bool admitted = false;
};

/// A message of the rendering process. Numbers only, since a process that a picture has taken over may send
/// anything: the server judges each.
struct Answer {
    enum class Kind : std::uint8_t {
        ready, ///< `text`: the renderer's revision
        cost,  ///< `bytes`: of the request, before its picture is decoded
        made,  ///< `bytes` of the rendition, `cause`: an unusable profile
        failed ///< `rule`, `text`, `cause`, `observed` and `limit` of the error
    };

    std::uint8_t kind = 0;
    std::uint8_t has_limit = 0;
    int rule = 0;
    std::uint64_t bytes = 0;
    std::uint64_t observed = 0;
    std::uint64_t limit = 0;
    ShortText<256> text{};
    ShortText<256> cause{};
};

static_assert(std::is_trivially_copyable_v<Setup> && std::is_trivially_copyable_v<Request> &&
              std::is_trivially_copyable_v<Verdict> && std::is_trivially_copyable_v<Answer>);

} // namespace portrait::imaging::process
