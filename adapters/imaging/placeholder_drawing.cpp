#include "placeholder_drawing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace portrait::imaging {

namespace {

constexpr std::uint32_t usual_side = 128;
constexpr std::uint32_t most_side = 4096;
constexpr int bands = 4;

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

/// A picture one unit wide and high, painted shape by shape; a shape is its signed distance from a point,
/// negative inside, and its edge is spread over one pixel.
class Painting {
public:
    explicit Painting(std::uint32_t side)
        : side_{side}
        , samples_(static_cast<std::size_t>(side) * side * bands) {}

    template<class Shape>
    void paint(const Color& color, const Shape& distance) {
        auto* sample = samples_.data();
        for (std::uint32_t row = 0; row < side_; ++row)
            for (std::uint32_t column = 0; column < side_; ++column, sample += bands)
                blend(sample, color, std::clamp(0.5 - distance(point(column, row)) * side_, 0.0, 1.0));
    }

    vips::VImage image() const {
        const auto side = static_cast<int>(side_);
        auto* const copy = vips_image_new_from_memory_copy(samples_.data(), samples_.size(), side, side,
                                                           bands, VIPS_FORMAT_UCHAR);
        if (copy == nullptr)
            throw vips::VError{};
        return vips::VImage{copy}.copy(
            vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    }

private:
    Point point(std::uint32_t column, std::uint32_t row) const {
        return {(column + 0.5) / side_, (row + 0.5) / side_};
    }

    static void blend(std::uint8_t* sample, const Color& color, double coverage) {
        if (coverage <= 0)
            return;
        const double below = sample[3] / 255.0;
        const double alpha = coverage + below * (1 - coverage);
        const std::array over{color.red, color.green, color.blue};
        for (std::size_t band = 0; band < over.size(); ++band)
            sample[band] = static_cast<std::uint8_t>(
                std::lround((over[band] * coverage + sample[band] * below * (1 - coverage)) / alpha));
        sample[3] = static_cast<std::uint8_t>(std::lround(alpha * 255));
    }

    std::uint32_t side_;
    std::vector<std::uint8_t> samples_;
};

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

void paint_file_icon(Painting& painting) {
    constexpr double fold = 0.2;
    constexpr Point from{0.2, 0.08};
    constexpr Point to{0.8, 0.92};
    const auto sheet = [&](double inset) {
        return [=](Point point) {
            const auto corner = ((point.x - (to.x - fold)) - (point.y - from.y)) / std::sqrt(2.0);
            return std::max(box(point, from, to), corner) + inset;
        };
    };
    painting.paint(line, sheet(0));
    painting.paint(paper, sheet(0.02));
    painting.paint(figure, [&](Point point) {
        const auto corner = ((point.x - (to.x - fold)) - (point.y - from.y)) / std::sqrt(2.0);
        return std::max(box(point, {to.x - fold, from.y}, {to.x, from.y + fold}), corner);
    });
    for (const double top : {0.42, 0.54, 0.66, 0.78})
        painting.paint(ground, [top](Point point) { return box(point, {0.3, top}, {0.7, top + 0.04}); });
}

std::uint32_t side_of(Placeholder kind, const Rendition& rendition) {
    if (kind == Placeholder::clear_pixel)
        return 1;
    const auto fitting = rendition.width && rendition.height
                             ? std::min(*rendition.width, *rendition.height)
                             : rendition.width.value_or(rendition.height.value_or(usual_side));
    return std::clamp(fitting, 1U, most_side);
}

} // namespace

vips::VImage draw_placeholder(Placeholder kind, const Rendition& rendition) {
    Painting painting{side_of(kind, rendition)};
    const auto everywhere = [](Point) { return -1.0; };
    switch (kind) {
    case Placeholder::clear_pixel: break;
    case Placeholder::standard:
        painting.paint(ground, [](Point point) { return circle(point, {0.5, 0.5}, 0.5); });
        painting.paint(figure, [](Point point) {
            return std::max(person(point), circle(point, {0.5, 0.5}, 0.5));
        });
        break;
    case Placeholder::no_photo:
        painting.paint(ground, everywhere);
        painting.paint(figure, &person);
        break;
    case Placeholder::no_photo_with_border:
        painting.paint(line, everywhere);
        painting.paint(ground, [](Point point) { return box(point, {0.03, 0.03}, {0.97, 0.97}); });
        painting.paint(figure, [](Point point) {
            return std::max(person(point), box(point, {0.03, 0.03}, {0.97, 0.97}));
        });
        break;
    case Placeholder::generic_file_icon: paint_file_icon(painting); break;
    }
    return painting.image();
}

} // namespace portrait::imaging
