#include "failing_memory.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PORTRAIT_OWN_MALLOC 0
#else
#define PORTRAIT_OWN_MALLOC 1
#endif

namespace {

constinit std::atomic<std::int64_t> living{0};
constinit std::atomic<std::uint64_t> counted{0};
constinit std::atomic<std::uint64_t> first_failing{0}; // 0: none
constinit std::atomic<bool> later_ones_fail{false};
constinit std::atomic<bool> on_all_threads{false};
constinit std::atomic<bool> has_failed{false};
constinit thread_local bool is_armed_here = false;

bool fails() noexcept {
    const auto first = first_failing.load();
    if (first == 0 || !(is_armed_here || on_all_threads))
        return false;
    const auto number = ++counted;
    if (number != first && !(number > first && later_ones_fail))
        return false;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

void* counted_new(std::size_t size) {
#if !PORTRAIT_OWN_MALLOC
    if (fails())
        throw std::bad_alloc{};
#endif
    void* const memory = std::malloc(size != 0 ? size : 1);
    if (memory == nullptr)
        throw std::bad_alloc{};
    ++living;
    return memory;
}

void* counted_new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    void* const memory = fails() ? nullptr : std::aligned_alloc(step, (size + step - 1) / step * step);
    if (memory == nullptr)
        throw std::bad_alloc{};
    ++living;
    return memory;
}

void* nothrow_new(std::size_t size) noexcept {
    try {
        return counted_new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void counted_delete(void* memory) noexcept {
    if (memory == nullptr)
        return;
    --living;
    std::free(memory);
}

} // namespace

#if PORTRAIT_OWN_MALLOC
// The C library's own functions; `free` and the rare aligned ones stay as they are.
extern "C" {
void* __libc_malloc(std::size_t size);                    // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size); // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);     // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) noexcept {
    return fails() ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    return fails() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
    return size != 0 && fails() ? nullptr : __libc_realloc(memory, size);
}
}
#endif

void* operator new(std::size_t size) {
    return counted_new(size);
}
void* operator new[](std::size_t size) {
    return counted_new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return nothrow_new(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return nothrow_new(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted_new(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return counted_new(size, alignment);
}
void operator delete(void* memory) noexcept {
    counted_delete(memory);
}
void operator delete[](void* memory) noexcept {
    counted_delete(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    counted_delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    counted_delete(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    counted_delete(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    counted_delete(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    counted_delete(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    counted_delete(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    counted_delete(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    counted_delete(memory);
}

namespace portrait::testing {

MemoryFault::MemoryFault(std::uint64_t nth, FailingCalls calls, FailingThreads threads) noexcept {
    counted = 0;
    has_failed = false;
    later_ones_fail = calls == FailingCalls::all_from_there;
    on_all_threads = threads == FailingThreads::all;
    is_armed_here = true;
    first_failing = nth;
}

MemoryFault::~MemoryFault() {
    first_failing = 0;
    is_armed_here = false;
}

bool MemoryFault::met() noexcept {
    return has_failed;
}

std::int64_t living_allocations() noexcept {
    return living;
}

} // namespace portrait::testing
