#include <portrait/imaging/process_renderer.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/probe.hpp>

#include <vips/vips8>

#include <vips/vector.h> // needs the one above

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace portrait;

namespace {

constexpr int columns = 4000;
constexpr int rows = 3000;
constexpr int wanted_width = 180;

constexpr std::string_view help =
    R"(portrait_rendering_bench [ROUNDS] [--at-most RATIO]
portrait_rendering_bench --picture FILE

Renders a JPEG of 12 megapixels 180 pixels wide, in turns by portrait::imaging, by its rendering process, and
by libvips' own vips_thumbnail_buffer and JPEG encoder in a bare loop, ROUNDS (40) times each, one thread a
picture. Prints the processor time of each, and the ratios of the medians: that of portrait::imaging to
libvips' (exit code 1 when it is over RATIO), and that of the rendering process to portrait::imaging, this one
for a JPEG of 640 x 480, too. Also prints the bytes of both for some widths, and their structural similarity (SSIM, at most 1) to the same
thumbnail without compression. The second form writes that JPEG.
)";

struct Options {
    int rounds = 40;
    std::optional<double> at_most;
    std::optional<std::string> picture; ///< write the picture to this file, without a measurement
};

Options parsed(int argc, char** argv) {
    Options options;
    for (int index = 1; index < argc; ++index)
        if (argv[index] == std::string_view{"--at-most"} && index + 1 < argc)
            options.at_most = std::stod(argv[++index]);
        else if (argv[index] == std::string_view{"--picture"} && index + 1 < argc)
            options.picture = argv[++index];
        else
            options.rounds = std::stoi(argv[index]);
    if (options.rounds < 1)
        throw std::invalid_argument{"ROUNDS must be a number from 1"};
    return options;
}

/// A cloudy scene with noise, which has about as many bytes as a camera's picture.
ImageBytes camera_picture() {
    const auto clouds = vips::VImage::perlin(columns, rows, vips::VImage::option()->set("cell-size", 400))
                            .linear(90.0, 128.0);
    const auto grain =
        vips::VImage::gaussnoise(columns, rows, vips::VImage::option()->set("mean", 0.0)->set("sigma", 6.0));
    const auto grey = clouds + grain;
    const auto scene = grey.bandjoin(grey.fliphor())
                           .bandjoin(grey.flipver())
                           .cast(VIPS_FORMAT_UCHAR)
                           .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    auto* const blob = scene.jpegsave_buffer(vips::VImage::option()->set("Q", 88));
    std::size_t size = 0;
    const auto* const data = static_cast<const char*>(vips_blob_get(blob, &size));
    auto bytes = ImageBytes{std::string{data, size}};
    vips_area_unref(VIPS_AREA(blob));
    return bytes;
}

double milliseconds_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Of all threads of this process, since libvips decodes on another thread, and of its rendering process.
double processor_milliseconds() {
    auto sum = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID);
    std::ifstream children{"/proc/thread-self/children"};
    clockid_t clock{};
    for (pid_t child = 0; children >> child;)
        if (::clock_getcpuclockid(child, &clock) == 0)
            sum += milliseconds_of(clock);
    return sum;
}

std::string by_portrait(const ImageRenderer& renderer, const ImageBytes& picture, int width) {
    const auto header = probe(picture);
    if (!header)
        throw std::runtime_error{header.error().message()};
    const auto made = renderer.render(
        {picture, *header, {static_cast<std::uint32_t>(width), {}, ImageFormat::jpeg, Fit::inside}, {}});
    if (!made)
        throw std::runtime_error{made.error().message()};
    return std::string{made->bytes.text()};
}

/// Enables liborc's code, which is libvips' default. portrait::imaging disables it, because it is unsafe with
/// several threads.
class WithLiborc {
public:
    WithLiborc() { vips_vector_set_enabled(TRUE); }
    WithLiborc(const WithLiborc&) = delete;
    WithLiborc& operator=(const WithLiborc&) = delete;
    ~WithLiborc() { vips_vector_set_enabled(before_); }

private:
    gboolean before_ = vips_vector_isenabled();
};

std::string by_libvips(const ImageBytes& picture, int width) {
    const WithLiborc as_it_comes;
    VipsImage* image = nullptr;
    void* bytes = nullptr;
    std::size_t size = 0;
    // libvips doesn't write to the buffer, although the parameter isn't const.
    auto* const data = const_cast<std::byte*>(picture.data());
    if (vips_thumbnail_buffer(data, picture.size(), &image, width, nullptr) != 0 ||
        vips_jpegsave_buffer(image, &bytes, &size, "strip", TRUE, nullptr) != 0)
        throw vips::VError{};
    std::string made{static_cast<const char*>(bytes), size};
    g_free(bytes);
    g_object_unref(image);
    return made;
}

vips::VImage grey_of(const vips::VImage& image) {
    return image.colourspace(VIPS_INTERPRETATION_B_W).cast(VIPS_FORMAT_FLOAT);
}

/// The mean structural similarity of the brightness, with Gaussian windows of 1.5 pixels (Wang and others,
/// 2004).
double similarity(const vips::VImage& one, const vips::VImage& other) {
    constexpr double steady_mean = 0.01 * 255 * 0.01 * 255;
    constexpr double steady_variance = 0.03 * 255 * 0.03 * 255;
    const auto local = [](const vips::VImage& image) { return image.gaussblur(1.5); };
    const auto x = grey_of(one);
    const auto y = grey_of(other);
    const auto mean_x = local(x);
    const auto mean_y = local(y);
    const auto variances = local(x * x) - mean_x * mean_x + local(y * y) - mean_y * mean_y;
    const auto covariance = local(x * y) - mean_x * mean_y;
    return ((mean_x * mean_y * 2 + steady_mean) * (covariance * 2 + steady_variance) /
            ((mean_x * mean_x + mean_y * mean_y + steady_mean) * (variances + steady_variance)))
        .avg();
}

vips::VImage decoded(const std::string& jpeg) {
    auto* const blob = vips_blob_copy(jpeg.data(), jpeg.size());
    const auto image = vips::VImage::jpegload_buffer(blob).copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    return image;
}

/// Compares bytes and similarity with the thumbnails of libvips' defaults.
void print_quality(const imaging::VipsRenderer& renderer, const ImageBytes& picture) {
    for (const int width : {64, wanted_width, 640, 1600}) {
        auto* const blob = vips_blob_copy(picture.data(), picture.size());
        const auto reference = vips::VImage::thumbnail_buffer(blob, width).copy_memory();
        vips_area_unref(VIPS_AREA(blob));
        const auto ours = by_portrait(renderer, picture, width);
        const auto theirs = by_libvips(picture, width);
        std::printf(
            "width %4d  portrait: %6zu bytes, SSIM %.4f  vips_thumbnail_buffer: %6zu bytes, SSIM %.4f\n",
            width, ours.size(), similarity(reference, decoded(ours)), theirs.size(),
            similarity(reference, decoded(theirs)));
    }
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

int write_picture(const std::string& path) {
    const imaging::VipsRenderer starts_libvips;
    const auto picture = camera_picture();
    std::ofstream file{path, std::ios::binary};
    file << picture.text();
    return file.flush() ? 0 : 1;
}

using Ways = std::array<std::function<std::string()>, 3>;

/// The medians of the processor times, in turns; the first two rounds are a warm-up.
std::array<double, 3> measured(const Ways& ways, int rounds) {
    std::array<std::vector<double>, 3> times;
    for (int round = -2; round < rounds; ++round)
        for (std::size_t turn = 0; turn < ways.size(); ++turn) {
            const auto way = (turn + static_cast<std::size_t>(round + 2)) % ways.size();
            const auto before = processor_milliseconds();
            ways.at(way)();
            const auto taken = processor_milliseconds() - before;
            if (round >= 0)
                times.at(way).push_back(taken);
        }
    return {median(times[0]), median(times[1]), median(times[2])};
}

int compare(const Options& options) {
    const imaging::VipsRenderer renderer;
    const imaging::ProcessRenderer isolated;
    const auto picture = camera_picture();
    const auto avatar = ImageBytes{by_libvips(picture, 640)};
    double ratio = 0;
    for (const auto& one : {avatar, picture}) {
        const auto [ours, apart, theirs] = measured({[&] { return by_portrait(renderer, one, wanted_width); },
                                                     [&] { return by_portrait(isolated, one, wanted_width); },
                                                     [&] { return by_libvips(one, wanted_width); }},
                                                    options.rounds);
        ratio = ours / theirs;
        std::printf("JPEG of %zu bytes, to %d pixels, median of %d\n", one.size(), wanted_width,
                    options.rounds);
        std::printf("portrait::imaging      %7.2f ms of processor time\n", ours);
        std::printf("its rendering process  %7.2f ms of processor time, ratio to the former %.3f\n", apart,
                    apart / ours);
        std::printf("vips_thumbnail_buffer  %7.2f ms of processor time, ratio to it %.3f\n", theirs, ratio);
    }
    print_quality(renderer, picture);
    return options.at_most && ratio > *options.at_most ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && argv[1] == std::string_view{"--help"}) {
        std::fwrite(help.data(), 1, help.size(), stdout);
        return 0;
    }
    ::setenv("VIPS_CONCURRENCY", "1", 1);
    try {
        const auto options = parsed(argc, argv);
        return options.picture ? write_picture(*options.picture) : compare(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "portrait_rendering_bench: %s\n", error.what());
        return 2;
    }
}
