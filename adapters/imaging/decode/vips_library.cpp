#include "decode/decoding.hpp"

#include <vips/vector.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace portrait::imaging {
namespace {

bool start_once() {
    if (vips_init("portrait") != 0)
        throw std::runtime_error{std::string{"libvips can't be started: "} + vips_error_buffer()};
    // One thread for each picture: many small renderings at a time gain nothing from more.
    if (std::getenv("VIPS_CONCURRENCY") == nullptr) // NOLINT(concurrency-mt-unsafe): no thread sets it
        vips_concurrency_set(1);
    // libvips before 8.15 lets liborc compile code for each scaling and free it without a lock: two
    // renderings that end at the same time damage the heap.
    if (vips_version(0) == 8 && vips_version(1) < 15)
        vips_vector_set_enabled(FALSE);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const char* const loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadNsgif"})
        vips_operation_block_set(loader, FALSE);
    // Keep messages about damaged pictures off stderr: failures are results.
    g_log_set_handler(
        "VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO),
        [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
    return true;
}

} // namespace

void start_vips() {
    [[maybe_unused]] static const bool started = start_once();
}

BlobReference reference_to(const ImageBytes& bytes) {
    return BlobReference{vips_blob_new(nullptr, bytes.data(), bytes.size())};
}

vips::VOption* from_top_to_bottom() {
    return vips::VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL);
}

vips::VOption* with_max_alpha(const vips::VImage& image) {
    return vips::VImage::option()->set("max_alpha", image.format() == VIPS_FORMAT_USHORT ? 65535.0 : 255.0);
}

vips::VImage open_picture(const ImageBytes& bytes, ImageFormat format, int reduction) {
    const auto reference = reference_to(bytes);
    if (format == ImageFormat::png)
        return vips::VImage::pngload_buffer(reference.get(), from_top_to_bottom());
    return vips::VImage::jpegload_buffer(reference.get(), from_top_to_bottom()->set("shrink", reduction));
}

vips::VImage open_gif_frame(const ImageBytes& bytes, int frame) {
    return vips::VImage::gifload_buffer(reference_to(bytes).get(), from_top_to_bottom()->set("page", frame));
}

vips::VImage open_gif_frames(const ImageBytes& bytes) {
    return vips::VImage::gifload_buffer(reference_to(bytes).get(), from_top_to_bottom()->set("n", -1));
}

int frames_of(const vips::VImage& image) {
    return image.get_typeof(VIPS_META_N_PAGES) == G_TYPE_INT ? image.get_int(VIPS_META_N_PAGES) : 1;
}

} // namespace portrait::imaging
