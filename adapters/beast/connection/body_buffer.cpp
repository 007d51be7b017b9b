#include "connection/body_buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace portrait::http {
namespace {

constexpr std::size_t first_step = 16ULL * 1024; // of a body without a declared length

} // namespace

void BodyBuffer::Free::operator()(std::byte* memory) const noexcept {
    std::free(memory);
} // NOLINT

BodyBuffer::BodyBuffer(std::optional<std::uint64_t> declared, std::uint64_t limit)
    : most_{static_cast<std::size_t>(
          std::min<std::uint64_t>(declared.value_or(limit), std::numeric_limits<std::size_t>::max() / 2))} {
    if (declared)
        resize(std::min(most_, reserve_at_once));
}

std::span<std::byte> BodyBuffer::prepare() {
    if (size_ == capacity_ && size_ < most_)
        resize(std::min(most_, std::max(first_step, capacity_ * 2)));
    return {memory_.get() + size_, capacity_ - size_};
}

std::size_t BodyBuffer::append(std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        const std::span<std::byte> room = prepare();
        const std::size_t count = std::min(room.size(), bytes.size() - taken);
        if (count == 0)
            break;
        std::memcpy(room.data(), bytes.data() + taken, count);
        commit(count);
        taken += count;
    }
    return taken;
}

ImageBytes BodyBuffer::take() {
    if (size_ == 0) {
        memory_.reset();
        capacity_ = 0;
        return {};
    }
    if (size_ < capacity_)
        resize(size_);
    capacity_ = 0;
    const std::shared_ptr<const std::byte> owner{std::move(memory_)};
    const std::span<const std::byte> view{owner.get(), std::exchange(size_, 0)};
    return ImageBytes{owner, view};
}

// realloc instead of a vector: it writes no zeros first and moves large blocks by their pages.
void BodyBuffer::resize(std::size_t capacity) {
    if (capacity == capacity_)
        return;
    auto* const memory = static_cast<std::byte*>(std::realloc(memory_.get(), capacity)); // NOLINT
    if (memory == nullptr)
        throw std::bad_alloc{};
    static_cast<void>(memory_.release()); // NOLINT(bugprone-unused-return-value): realloc has it now
    memory_.reset(memory);
    capacity_ = capacity;
}

} // namespace portrait::http
