#pragma once

#include <portrait/export.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait {

/// Immutable bytes with shared ownership: a copy shares the buffer, so one buffer serves the socket, the
/// store, the cache and every reader. A moved-from object is empty. As thread-safe as a `shared_ptr` to
/// const.
///
/// ```cpp
/// const portrait::ImageBytes photo{std::move(request_body)}; // a std::string, not copied
/// const portrait::ImageBytes head = photo.slice(0, 512);     // shares the buffer
/// ```
class PORTRAIT_EXPORT ImageBytes {
public:
    /// No bytes.
    ImageBytes() noexcept = default;
    ImageBytes(const ImageBytes&) noexcept = default;
    ImageBytes& operator=(const ImageBytes&) noexcept = default;
    ImageBytes(ImageBytes&& other) noexcept
        : owner_{std::move(other.owner_)}
        , view_{std::exchange(other.view_, {})}
        , held_{std::exchange(other.held_, 0)} {}
    ImageBytes& operator=(ImageBytes&& other) noexcept {
        owner_ = std::move(other.owner_);
        view_ = std::exchange(other.view_, {});
        held_ = std::exchange(other.held_, 0);
        return *this;
    }
    ~ImageBytes() = default;

    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::vector<std::byte> bytes);
    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::string bytes);
    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::vector<unsigned char> bytes);
    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::vector<char> bytes);
    /// A view of bytes that `owner` keeps alive and unchanged.
    ImageBytes(std::shared_ptr<const void> owner, std::span<const std::byte> view) noexcept
        : ImageBytes{std::move(owner), view, view.size()} {}

    static ImageBytes copy_of(std::span<const std::byte> bytes);
    static ImageBytes copy_of(std::string_view bytes) { return ImageBytes{std::string{bytes}}; }
    static ImageBytes copy_of(std::span<const unsigned char> bytes) { return copy_of(std::as_bytes(bytes)); }

    std::span<const std::byte> view() const noexcept { return view_; }
    operator std::span<const std::byte>() const noexcept { return view_; }
    std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(view_.data()), view_.size()};
    }
    const std::byte* data() const noexcept { return view_.data(); }
    std::size_t size() const noexcept { return view_.size(); }
    bool empty() const noexcept { return view_.empty(); }

    /// The part of `count` bytes from `offset`, or less at the end; shares the owner.
    ImageBytes slice(std::size_t offset, std::size_t count) const noexcept;

    /// The bytes that this object keeps in memory; for a slice those of the whole buffer.
    std::size_t held() const noexcept { return held_; }
    /// The owner of the buffer: equal for all objects that share it, null without bytes.
    const void* owner() const noexcept { return owner_.get(); }

private:
    friend class WeakImageBytes;

    template<class Buffer>
    void take_over(Buffer buffer);

    ImageBytes(std::shared_ptr<const void> owner, std::span<const std::byte> view, std::size_t held) noexcept
        : owner_{std::move(owner)}
        , view_{view}
        , held_{held} {}

    std::shared_ptr<const void> owner_;
    std::span<const std::byte> view_;
    std::size_t held_ = 0;
};

/// Refers to the bytes of an `ImageBytes` without keeping them. As thread-safe as a `weak_ptr`.
class PORTRAIT_EXPORT WeakImageBytes {
public:
    /// Refers to nothing.
    WeakImageBytes() noexcept = default;
    explicit WeakImageBytes(const ImageBytes& bytes) noexcept
        : owner_{bytes.owner_}
        , view_{bytes.view_}
        , held_{bytes.held_} {}

    /// The bytes, as long as an `ImageBytes` keeps them.
    std::optional<ImageBytes> lock() const noexcept;
    bool expired() const noexcept { return owner_.expired(); }

private:
    std::weak_ptr<const void> owner_;
    std::span<const std::byte> view_;
    std::size_t held_ = 0;
};

} // namespace portrait
