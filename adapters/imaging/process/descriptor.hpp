#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace portrait::imaging::process {

/// Owns a file descriptor, or none.
class Descriptor {
public:
    explicit Descriptor(int number = -1) noexcept
        : number_{number} {}
    Descriptor(Descriptor&& other) noexcept
        : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }

    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

private:
    int number_;
};

} // namespace portrait::imaging::process
