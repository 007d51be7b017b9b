// Preloaded into portrait-server by exhausted_memory_test.cpp: lets one allocation fail. The file that
// FAILING_MALLOC names is a counter shared with the test: the allocation that takes it from 1 to 0 fails.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

std::atomic<std::uint64_t>* countdown = nullptr;

[[gnu::constructor]] void attach() {
    const char* const name = std::getenv("FAILING_MALLOC");
    const int file = name != nullptr ? ::open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void* const shared = ::mmap(nullptr, sizeof *countdown, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (shared != MAP_FAILED)
        countdown = static_cast<std::atomic<std::uint64_t>*>(shared);
}

bool fails() noexcept {
    if (countdown == nullptr)
        return false;
    auto left = countdown->load();
    while (left != 0)
        if (countdown->compare_exchange_weak(left, left - 1)) {
            errno = ENOMEM;
            return left == 1;
        }
    return false;
}

} // namespace

// The C library's own functions.
extern "C" {
void* __libc_malloc(std::size_t size);                    // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size); // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);     // NOLINT(bugprone-reserved-identifier)

[[gnu::visibility("default")]] void* malloc(std::size_t size) noexcept {
    return fails() ? nullptr : __libc_malloc(size);
}
[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) noexcept {
    return fails() ? nullptr : __libc_calloc(count, size);
}
[[gnu::visibility("default")]] void* realloc(void* memory, std::size_t size) noexcept {
    return size != 0 && fails() ? nullptr : __libc_realloc(memory, size);
}
}
