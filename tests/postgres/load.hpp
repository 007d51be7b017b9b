#pragma once

#include "support/catch.hpp"

#include <portrait/image_store.hpp>
#include <portrait/testing/store_commands.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

namespace portrait::testing {

/// How often a fault is repeated; PORTRAIT_POSTGRES_FAULTS sets it for long runs.
inline int repetitions(int usual) {
    const char* const text = std::getenv("PORTRAIT_POSTGRES_FAULTS");
    return text != nullptr ? std::atoi(text) : usual;
}

/// Writers that save pictures for a person each, one after the other, until they are stopped.
class Load {
public:
    Load(std::vector<ImageStore*> stores, int writers) {
        records_ = std::vector<Record>(static_cast<std::size_t>(writers));
        for (int index = 0; index < writers; ++index)
            threads_.emplace_back([this, &store = *stores[static_cast<std::size_t>(index) % stores.size()],
                                   index] { write(store, index); });
    }
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void stop() {
        stopping_ = true;
        for (auto& thread : threads_)
            thread.join();
        threads_.clear();
    }

    std::uint64_t acknowledged() const { return acknowledged_; }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t unknown() const { return unknown_; }
    std::uint64_t unexpected() const { return unexpected_; }

    /// Waits until more writes have been acknowledged.
    void wait_for_writes(std::uint64_t more) const {
        const auto target = acknowledged_ + more;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (acknowledged_ < target && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        REQUIRE(acknowledged_ >= target);
    }

    /// Each person has the last acknowledged picture, or one that was sent later and whose outcome is
    /// unknown.
    void check(const ImageStore& store) const {
        using conformance::content;
        for (std::size_t index = 0; index < records_.size(); ++index) {
            const auto& record = records_[index];
            INFO("person " << index + 1 << ", acknowledged " << record.acknowledged << ", tried "
                           << record.tried);
            const auto stored = store.image(conformance::person(static_cast<std::int32_t>(index) + 1));
            if (!stored) {
                CHECK(stored.error() == errc::image_none);
                CHECK(record.acknowledged == 0);
                continue;
            }
            bool found = false;
            for (auto seed = record.tried; seed > 0 && seed >= record.acknowledged && !found; --seed)
                found = stored->bytes.text() == content(seed).bytes.text();
            CHECK(found);
        }
    }

private:
    struct Record {
        std::uint32_t acknowledged = 0;
        std::uint32_t tried = 0;
    };

    void write(ImageStore& store, int index) {
        auto& record = records_[static_cast<std::size_t>(index)];
        while (!stopping_) {
            const auto saved =
                store.save(conformance::save_command(conformance::person(index + 1), ++record.tried));
            if (saved) {
                record.acknowledged = record.tried;
                ++acknowledged_;
            } else if (saved.error() == errc::store_io) {
                ++unknown_;
            } else if (saved.error() == failure::unavailable) {
                ++refused_;
                std::this_thread::sleep_for(std::chrono::milliseconds{5});
            } else {
                ++unexpected_;
            }
        }
    }

    std::vector<Record> records_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> acknowledged_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> unknown_{0};
    std::atomic<std::uint64_t> unexpected_{0};
    std::vector<std::thread> threads_;
};

} // namespace portrait::testing
