#include <portrait/image_bytes.hpp>

#include <algorithm>
#include <utility>

namespace portrait {

template<class Buffer>
void ImageBytes::take_over(Buffer buffer) {
    auto owner = std::make_shared<const Buffer>(std::move(buffer));
    view_ = std::as_bytes(std::span{owner->data(), owner->size()});
    held_ = view_.size();
    owner_ = std::move(owner);
}

ImageBytes::ImageBytes(std::vector<std::byte> bytes) {
    take_over(std::move(bytes));
}

ImageBytes::ImageBytes(std::string bytes) {
    take_over(std::move(bytes));
}

ImageBytes::ImageBytes(std::vector<unsigned char> bytes) {
    take_over(std::move(bytes));
}

ImageBytes::ImageBytes(std::vector<char> bytes) {
    take_over(std::move(bytes));
}

ImageBytes ImageBytes::copy_of(std::span<const std::byte> bytes) {
    return ImageBytes{std::vector<std::byte>{bytes.begin(), bytes.end()}};
}

ImageBytes ImageBytes::slice(std::size_t offset, std::size_t count) const noexcept {
    const auto from = std::min(offset, view_.size());
    return {owner_, view_.subspan(from, std::min(count, view_.size() - from)), held_};
}

std::optional<ImageBytes> WeakImageBytes::lock() const noexcept {
    auto owner = owner_.lock();
    if (!owner)
        return std::nullopt;
    return ImageBytes{std::move(owner), view_, held_};
}

} // namespace portrait
