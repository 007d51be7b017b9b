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
#include <iterator>
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
portrait_rendering_bench --similarity FILE RENDITION

Renders a JPEG of 12 megapixels 180 pixels wide, in turns by portrait::imaging, by its rendering process, and
by libvips' own vips_thumbnail_buffer and JPEG encoder in a bare loop, ROUNDS (40) times each, one thread a
picture. Prints the processor time of each, and the ratios of the medians: that of portrait::imaging to
libvips' (exit code 1 when it is over RATIO), and that of the rendering process to portrait::imaging, this one
for a JPEG of 640 x 480, too. Also for a PNG with alpha, a TIFF and an animated GIF, without the rendering
process. Prints the bytes of both for some widths, and their structural similarity (SSIM, at most 1) to the
same thumbnail without compression. The second form writes that JPEG, the third prints the similarity of a
JPEG that another program made of it.
)";

struct Options {
    int rounds = 40;
    std::optional<double> at_most;
    std::optional<std::string> picture;   ///< write the picture to this file, without a measurement
    std::optional<std::string> rendition; ///< only compare this file with a thumbnail of the picture
};

Options parsed(int argc, char** argv) {
    Options options;
    for (int index = 1; index < argc; ++index)
        if (argv[index] == std::string_view{"--at-most"} && index + 1 < argc)
            options.at_most = std::stod(argv[++index]);
        else if (argv[index] == std::string_view{"--picture"} && index + 1 < argc)
            options.picture = argv[++index];
        else if (argv[index] == std::string_view{"--similarity"} && index + 2 < argc) {
            options.picture = argv[++index];
            options.rendition = argv[++index];
        } else
            options.rounds = std::stoi(argv[index]);
    if (options.rounds < 1)
        throw std::invalid_argument{"ROUNDS must be a number from 1"};
    return options;
}

/// A cloudy scene with noise, which has about as many bytes as a camera's picture.
vips::VImage scene(int width, int height) {
    const auto clouds = vips::VImage::perlin(width, height, vips::VImage::option()->set("cell-size", 400))
                            .linear(90.0, 128.0);
    const auto grain =
        vips::VImage::gaussnoise(width, height, vips::VImage::option()->set("mean", 0.0)->set("sigma", 6.0));
    const auto grey = clouds + grain;
    return grey.bandjoin(grey.fliphor())
        .bandjoin(grey.flipver())
        .cast(VIPS_FORMAT_UCHAR)
        .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

/// `suffix` names the format and its options, such as `.jpg[Q=88]`.
ImageBytes encoded(const vips::VImage& image, const char* suffix) {
    void* bytes = nullptr;
    std::size_t size = 0;
    image.write_to_buffer(suffix, &bytes, &size);
    ImageBytes made{std::string{static_cast<const char*>(bytes), size}};
    g_free(bytes);
    return made;
}

ImageBytes camera_picture() {
    return encoded(scene(columns, rows), ".jpg[Q=88]");
}

ImageBytes transparent_png() {
    const auto colours = scene(1600, 1200);
    const auto alpha = vips::VImage::xyz(1600, 1200).extract_band(0).linear(255.0 / 1600, 0.0);
    return encoded(colours.bandjoin(alpha.cast(VIPS_FORMAT_UCHAR)), ".png");
}

ImageBytes animated_gif() {
    constexpr int frames = 12;
    constexpr int width = 480;
    constexpr int height = 360;
    const auto whole = scene(width * 2, height).copy_memory();
    std::vector<vips::VImage> each;
    for (int frame = 0; frame < frames; ++frame)
        each.push_back(whole.extract_area(frame * 20, 0, width, height));
    auto joined = vips::VImage::arrayjoin(each, vips::VImage::option()->set("across", 1)).copy();
    joined.set(VIPS_META_PAGE_HEIGHT, height);
    joined.set("delay", std::vector<int>(frames, 100));
    return encoded(joined, ".gif");
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

std::string by_portrait(const ImageRenderer& renderer, const ImageBytes& picture, int width,
                        ImageFormat format = ImageFormat::jpeg) {
    const auto header = probe(picture);
    if (!header)
        throw std::runtime_error{header.error().message()};
    const auto made =
        renderer.render({picture, *header, {static_cast<std::uint32_t>(width), {}, format, Fit::inside}, {}});
    if (!made)
        throw std::runtime_error{made.error().message()};
    return std::string{made->bytes.text()};
}

/// Enables what is libvips' default and portrait::imaging disables: liborc's code, because it is unsafe with
/// several threads, and the loader of TIFF.
class AsItComes {
public:
    AsItComes() {
        vips_vector_set_enabled(TRUE);
        vips_operation_block_set("VipsForeignLoadTiff", FALSE);
    }
    AsItComes(const AsItComes&) = delete;
    AsItComes& operator=(const AsItComes&) = delete;
    ~AsItComes() {
        vips_vector_set_enabled(before_);
        vips_operation_block_set("VipsForeignLoadTiff", TRUE);
    }

private:
    gboolean before_ = vips_vector_isenabled();
};

/// `suffix` names the format and its options; `options` are the loader's.
std::string by_libvips(const ImageBytes& picture, int width, const char* suffix = ".jpg[strip]",
                       const char* options = "") {
    const AsItComes as_it_comes;
    VipsImage* image = nullptr;
    void* bytes = nullptr;
    std::size_t size = 0;
    // libvips doesn't write to the buffer, although the parameter isn't const.
    auto* const data = const_cast<std::byte*>(picture.data());
    if (vips_thumbnail_buffer(data, picture.size(), &image, width, "option_string", options, nullptr) != 0 ||
        vips_image_write_to_buffer(image, suffix, &bytes, &size, nullptr) != 0)
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

vips::VImage thumbnail_of(const ImageBytes& picture, int width) {
    auto* const blob = vips_blob_copy(picture.data(), picture.size());
    const auto thumbnail = vips::VImage::thumbnail_buffer(blob, width).copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    return thumbnail;
}

/// Compares bytes and similarity with the thumbnails of libvips' defaults.
void print_quality(const imaging::VipsRenderer& renderer, const ImageBytes& picture) {
    for (const int width : {64, wanted_width, 640, 1600}) {
        const auto reference = thumbnail_of(picture, width);
        const auto ours = by_portrait(renderer, picture, width);
        const auto theirs = by_libvips(picture, width);
        std::printf(
            "width %4d  portrait: %6zu bytes, SSIM %.4f  vips_thumbnail_buffer: %6zu bytes, SSIM %.4f\n",
            width, ours.size(), similarity(reference, decoded(ours)), theirs.size(),
            similarity(reference, decoded(theirs)));
    }
}

std::string content_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

int print_similarity(const std::string& picture, const std::string& rendition) {
    const imaging::VipsRenderer starts_libvips;
    const auto made = decoded(content_of(rendition));
    const auto reference = thumbnail_of(ImageBytes{content_of(picture)}, made.width());
    std::printf("%.4f\n", similarity(reference, made));
    return 0;
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

using Ways = std::vector<std::function<std::string()>>;

/// The medians of the processor times, in turns; the first two rounds are a warm-up.
std::vector<double> measured(const Ways& ways, int rounds) {
    std::vector<std::vector<double>> times(ways.size());
    for (int round = -2; round < rounds; ++round)
        for (std::size_t turn = 0; turn < ways.size(); ++turn) {
            const auto way = (turn + static_cast<std::size_t>(round + 2)) % ways.size();
            const auto before = processor_milliseconds();
            ways.at(way)();
            const auto taken = processor_milliseconds() - before;
            if (round >= 0)
                times.at(way).push_back(taken);
        }
    std::vector<double> medians;
    std::transform(times.begin(), times.end(), std::back_inserter(medians), median);
    return medians;
}

/// Renditions in the picture's own format, or as JPEG of a TIFF, beside libvips' own.
void compare_formats(const imaging::VipsRenderer& renderer, int rounds) {
    struct Sample {
        const char* name;
        ImageBytes picture;
        ImageFormat format;
        const char* suffix;
        const char* options = "";
    };
    const std::array samples{
        Sample{"PNG with alpha, 1600 x 1200", transparent_png(), ImageFormat::png, ".png[strip]"},
        Sample{"TIFF, 2000 x 1500", encoded(scene(2000, 1500), ".tif"), ImageFormat::jpeg, ".jpg[strip]"},
        Sample{"animated GIF, 480 x 360, 12 frames", animated_gif(), ImageFormat::gif, ".gif[strip]",
               "[n=-1]"},
    };
    for (const auto& [name, picture, format, suffix, options] : samples) {
        const auto ours = [&, format = format] {
            return by_portrait(renderer, picture, wanted_width, format);
        };
        const auto theirs = [&, suffix = suffix, options = options] {
            return by_libvips(picture, wanted_width, suffix, options);
        };
        const auto times = measured({ours, theirs}, rounds);
        std::printf("%s: portrait %.2f ms, %zu bytes; libvips %.2f ms, %zu bytes\n", name, times[0],
                    ours().size(), times[1], theirs().size());
    }
}

int compare(const Options& options) {
    const imaging::VipsRenderer renderer;
    const imaging::ProcessRenderer isolated;
    const auto picture = camera_picture();
    const auto avatar = ImageBytes{by_libvips(picture, 640)};
    double ratio = 0;
    for (const auto& one : {avatar, picture}) {
        const auto times = measured({[&] { return by_portrait(renderer, one, wanted_width); },
                                     [&] { return by_portrait(isolated, one, wanted_width); },
                                     [&] { return by_libvips(one, wanted_width); }},
                                    options.rounds);
        const auto ours = times[0];
        const auto apart = times[1];
        const auto theirs = times[2];
        ratio = ours / theirs;
        std::printf("JPEG of %zu bytes, to %d pixels, median of %d\n", one.size(), wanted_width,
                    options.rounds);
        std::printf("portrait::imaging      %7.2f ms of processor time\n", ours);
        std::printf("its rendering process  %7.2f ms of processor time, ratio to the former %.3f\n", apart,
                    apart / ours);
        std::printf("vips_thumbnail_buffer  %7.2f ms of processor time, ratio to it %.3f\n", theirs, ratio);
    }
    print_quality(renderer, picture);
    compare_formats(renderer, options.rounds);
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
        if (options.rendition)
            return print_similarity(*options.picture, *options.rendition);
        return options.picture ? write_picture(*options.picture) : compare(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "portrait_rendering_bench: %s\n", error.what());
        return 2;
    }
}
