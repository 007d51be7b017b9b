#pragma once

#include "support/byte_writer.hpp"
#include "support/pictures.hpp"

#include <portrait/upload_converter.hpp>

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::testing {

/// The head of a WebP file.
inline std::vector<std::byte> make_webp_head() {
    return ByteWriter{}.text("RIFF").le32(36).text("WEBPVP8 ").fill(28).take();
}

/// The head of a HEIC or AVIF file with these brands, of four letters each.
inline std::vector<std::byte> make_media_head(std::string_view major, std::string_view others = {}) {
    return ByteWriter{}
        .be32(16 + others.size())
        .text("ftyp")
        .text(major)
        .be32(0)
        .text(others)
        .fill(40)
        .take();
}

inline std::vector<std::byte> make_head_of(ConvertibleFormat format) {
    switch (format) {
    case ConvertibleFormat::webp: return make_webp_head();
    case ConvertibleFormat::heic: return make_media_head("heic", "mif1");
    case ConvertibleFormat::avif: return make_media_head("avif", "mif1miaf");
    }
    return {};
}

/// Calls `convert` for each upload, which by default completes at once with a JPEG of 16 x 8 pixels.
class FakeUploadConverter final : public UploadConverter {
public:
    using Convert = std::function<void(UploadedImage, RenderCaller, Completion<ImageBytes>)>;

    explicit FakeUploadConverter(ConvertibleFormats formats = ConvertibleFormats::all(),
                                 Convert convert = &make_picture)
        : formats_{formats}
        , convert_{std::move(convert)} {}

    static std::vector<std::byte> picture() { return make_jpeg(16, 8, 7); }

    ConvertibleFormats formats() const noexcept override { return formats_; }
    void submit(UploadedImage upload, RenderCaller caller, Completion<ImageBytes> completion) const override {
        ++calls;
        convert_(std::move(upload), std::move(caller), std::move(completion));
    }

    mutable int calls = 0;

private:
    static void make_picture(const UploadedImage&, const RenderCaller&,
                             const Completion<ImageBytes>& completion) {
        completion(ImageBytes{picture()});
    }

    ConvertibleFormats formats_;
    Convert convert_;
};

} // namespace portrait::testing
