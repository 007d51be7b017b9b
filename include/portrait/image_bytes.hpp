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

/// Immutable bytes with shared ownership: copying is cheap and never copies the bytes, so one buffer serves
/// the socket it was read from, the store, the cache and every reader. An object that was moved from is
/// empty. Thread-safe as a `shared_ptr` to const is.
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
        ImageBytes taken{std::move(other)};
        swap(taken);
        return *this;
    }
    ~ImageBytes() = default;

    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::vector<std::byte> bytes);
    /// Takes the buffer over, without a copy.
    explicit ImageBytes(std::string bytes);
    /// A view into something that `owner` keeps alive; `view` must stay unchanged as long as `owner` lives.
    ImageBytes(std::shared_ptr<const void> owner, std::span<const std::byte> view) noexcept;

    static ImageBytes copy_of(std::span<const std::byte> bytes);
    static ImageBytes copy_of(std::string_view bytes);

    std::span<const std::byte> view() const noexcept { return view_; }
    operator std::span<const std::byte>() const noexcept { return view_; }
    std::string_view text() const noexcept;
    const std::byte* data() const noexcept { return view_.data(); }
    std::size_t size() const noexcept { return view_.size(); }
    bool empty() const noexcept { return view_.empty(); }

    /// The part from `offset` of `count` bytes, cut to what is there; shares the owner.
    ImageBytes slice(std::size_t offset, std::size_t count) const noexcept;

    /// The bytes that stay in memory as long as this object lives: of a slice those of the whole.
    std::size_t held() const noexcept { return held_; }
    /// What keeps the bytes: the same pointer for every object that shares them, null for no bytes.
    const void* owner() const noexcept { return owner_.get(); }

private:
    friend class WeakImageBytes;

    ImageBytes(std::shared_ptr<const void> owner, std::span<const std::byte> view, std::size_t held) noexcept
        : owner_{std::move(owner)}
        , view_{view}
        , held_{held} {}

    void swap(ImageBytes& other) noexcept {
        owner_.swap(other.owner_);
        std::swap(view_, other.view_);
        std::swap(held_, other.held_);
    }

    std::shared_ptr<const void> owner_;
    std::span<const std::byte> view_;
    std::size_t held_ = 0;
};

/// Refers to bytes without keeping them: `lock` gives them as long as some `ImageBytes` does keep them.
/// Thread-safe as a `weak_ptr` is.
class PORTRAIT_EXPORT WeakImageBytes {
public:
    /// Refers to nothing.
    WeakImageBytes() noexcept = default;
    explicit WeakImageBytes(const ImageBytes& bytes) noexcept
        : owner_{bytes.owner_}
        , view_{bytes.view_}
        , held_{bytes.held_} {}

    /// Absent when nobody keeps the bytes any more.
    std::optional<ImageBytes> lock() const noexcept;
    bool expired() const noexcept { return owner_.expired(); }

private:
    std::weak_ptr<const void> owner_;
    std::span<const std::byte> view_;
    std::size_t held_ = 0;
};

} // namespace portrait
