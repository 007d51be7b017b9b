#pragma once

#include <portrait/export.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait {

/// Immutable bytes with shared ownership: copying is cheap and never copies the bytes, so one buffer serves
/// the socket it was read from, the store, the cache and every reader. Thread-safe as a `shared_ptr` to const
/// is.
class PORTRAIT_EXPORT ImageBytes {
public:
    /// No bytes.
    ImageBytes() noexcept = default;
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

private:
    std::shared_ptr<const void> owner_;
    std::span<const std::byte> view_;
};

} // namespace portrait
