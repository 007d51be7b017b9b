#include "render/rendering.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

constexpr std::uint32_t usual_side = 128;
constexpr std::uint32_t most_side = 4096;
constexpr std::size_t bands = 4;

struct Color {
    double red = 0;
    double green = 0;
    double blue = 0;
};

constexpr Color ground{226, 230, 236};
constexpr Color figure{150, 160, 174};
constexpr Color line{120, 131, 147};
constexpr Color paper{250, 251, 252};

struct Point {
    double x = 0;
    double y = 0;
};

/// A picture one unit wide and high, painted shape over shape. A shape is a function of a point that returns
/// the signed distance of its edge, negative inside; the edge is spread over one pixel.
class Painting {
public:
    struct Layer {
        Color color;
        std::function<double(Point)> distance;
    };

    Painting(std::uint32_t side, std::vector<Layer> layers)
        : side_{side}
        , layers_{std::move(layers)} {}

    /// Paints the columns from `left` of a row over transparent samples.
    void paint_row(std::uint32_t row, std::uint32_t left, std::span<std::uint8_t> samples) const {
        for (const auto& [color, distance] : layers_)
            for (std::uint32_t column = left; !samples.empty() && column < left + samples.size() / bands;) {
                const double away = distance(point(column, row)) * side_;
                // The edge is at least that far away, so as many pixels are all inside or all outside.
                const auto alike = static_cast<std::uint32_t>(std::max(1.0, std::abs(away) - 0.5));
                const auto begin = static_cast<std::size_t>(column - left) * bands;
                const auto count = std::min<std::size_t>(std::size_t{alike} * bands, samples.size() - begin);
                blend(samples.subspan(begin, count), color, std::clamp(0.5 - away, 0.0, 1.0));
                column += alike;
            }
    }

    std::uint32_t side() const noexcept { return side_; }

private:
    Point point(std::uint32_t column, std::uint32_t row) const {
        return {(column + 0.5) / side_, (row + 0.5) / side_};
    }

    static void blend(std::span<std::uint8_t> samples, const Color& color, double coverage) {
        if (coverage <= 0)
            return;
        const std::array over{color.red, color.green, color.blue};
        for (; !samples.empty(); samples = samples.subspan(bands)) {
            const double below = coverage < 1 ? samples[3] / 255.0 * (1 - coverage) : 0;
            const double alpha = coverage + below;
            for (std::size_t band = 0; band < over.size(); ++band)
                samples[band] =
                    rounded(coverage < 1 ? (over.at(band) * coverage + samples[band] * below) / alpha
                                         : over.at(band));
            samples[3] = rounded(alpha * 255);
        }
    }

    static std::uint8_t rounded(double sample) { return static_cast<std::uint8_t>(std::lround(sample)); }

    std::uint32_t side_;
    std::vector<Layer> layers_;
};

/// Paints a region for libvips.
int paint_region(VipsRegion* region, void*, void* painting, void*, gboolean*) {
    const auto& area = region->valid;
    for (int row = area.top; row < area.top + area.height; ++row) {
        const std::span samples{VIPS_REGION_ADDR(region, area.left, row),
                                static_cast<std::size_t>(area.width) * bands};
        std::fill(samples.begin(), samples.end(), std::uint8_t{0});
        static_cast<const Painting*>(painting)->paint_row(static_cast<std::uint32_t>(row),
                                                          static_cast<std::uint32_t>(area.left), samples);
    }
    return 0;
}

/// An image that owns the painting.
vips::VImage image_of(Painting painting) {
    const auto side = static_cast<int>(painting.side());
    vips::VImage image{vips_image_new()};
    auto* const owned = new Painting{std::move(painting)};
    auto* const to = image.get_image();
    g_object_set_data_full(G_OBJECT(to), "painting", owned,
                           [](gpointer gone) { delete static_cast<Painting*>(gone); });
    vips_image_init_fields(to, side, side, static_cast<int>(bands), VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1.0, 1.0);
    if (vips_image_pipelinev(to, VIPS_DEMAND_STYLE_THINSTRIP, nullptr) != 0 ||
        vips_image_generate(to, nullptr, &paint_region, nullptr, owned, nullptr) != 0)
        throw vips::VError{};
    return image;
}

double circle(Point point, Point center, double radius) {
    return std::hypot(point.x - center.x, point.y - center.y) - radius;
}

double box(Point point, Point from, Point to) {
    return std::max({from.x - point.x, point.x - to.x, from.y - point.y, point.y - to.y});
}

/// Head and shoulders.
double person(Point point) {
    const auto head = circle(point, {0.5, 0.38}, 0.17);
    const auto shoulders =
        std::max(circle({point.x, 0.62 + (point.y - 0.62) * 0.8}, {0.5, 0.92}, 0.32), point.y - 1);
    return std::min(head, shoulders);
}

std::vector<Painting::Layer> file_icon() {
    constexpr double fold = 0.2;
    constexpr Point from{0.2, 0.08};
    constexpr Point to{0.8, 0.92};
    const auto folded = [](Point point, Point begin, Point end) { // a box without its upper right corner
        const auto corner = ((point.x - (to.x - fold)) - (point.y - from.y)) / std::sqrt(2.0);
        return std::max(box(point, begin, end), corner);
    };
    const auto corner = [=](Point point) {
        return folded(point, {to.x - fold, from.y}, {to.x, from.y + fold});
    };
    std::vector<Painting::Layer> layers{{line, [=](Point point) { return folded(point, from, to); }},
                                        {paper, [=](Point point) { return folded(point, from, to) + 0.02; }},
                                        {figure, corner}};
    for (const double top : {0.42, 0.54, 0.66, 0.78})
        layers.push_back({ground, [top](Point point) { return box(point, {0.3, top}, {0.7, top + 0.04}); }});
    return layers;
}

/// The shapes of a placeholder, from below.
std::vector<Painting::Layer> layers_of(Placeholder kind) {
    const auto everywhere = [](Point) { return -1.0; };
    const auto disc = [](Point point) { return circle(point, {0.5, 0.5}, 0.5); };
    const auto frame = [](Point point) { return box(point, {0.03, 0.03}, {0.97, 0.97}); };
    const auto person_in = [](auto shape) {
        return [shape](Point point) { return std::max(person(point), shape(point)); };
    };
    switch (kind) {
    case Placeholder::clear_pixel: break;
    case Placeholder::standard: return {{ground, disc}, {figure, person_in(disc)}};
    case Placeholder::no_photo: return {{ground, everywhere}, {figure, &person}};
    case Placeholder::no_photo_with_border:
        return {{line, everywhere}, {ground, frame}, {figure, person_in(frame)}};
    case Placeholder::generic_file_icon: return file_icon();
    }
    return {};
}

} // namespace

std::uint32_t placeholder_side(Placeholder kind, const Rendition& rendition) {
    if (kind == Placeholder::clear_pixel)
        return 1;
    const auto fitting = rendition.width && rendition.height
                             ? std::min(*rendition.width, *rendition.height)
                             : rendition.width.value_or(rendition.height.value_or(usual_side));
    return std::clamp(fitting, 1U, most_side);
}

vips::VImage draw_placeholder(Placeholder kind, const Rendition& rendition) {
    return image_of({placeholder_side(kind, rendition), layers_of(kind)});
}

} // namespace portrait::imaging
