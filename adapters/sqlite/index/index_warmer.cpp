#include "index/index_warmer.hpp"

#include <portrait/injection_point.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

namespace portrait::sqlite {
namespace {

constexpr std::size_t rows_per_batch = 512;

} // namespace

IndexWarmer::IndexWarmer(std::filesystem::path database, RowIndex& index)
    : database_{std::move(database)}
    , index_{index}
    , thread_{[this] { work(); }} {}

IndexWarmer::~IndexWarmer() {
    stop();
}

void IndexWarmer::stop() noexcept {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void IndexWarmer::fill_again() noexcept {
    {
        const std::scoped_lock lock{mutex_};
        wanted_ = true;
    }
    changed_.notify_all();
}

void IndexWarmer::work() {
    for (;;) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return stopping_ || wanted_; });
            if (stopping_)
                return;
            wanted_ = false;
        }
        try {
            (void)fill();
            // NOLINTNEXTLINE(bugprone-empty-catch): no memory; it would end the process
        } catch (const std::exception&) {
        }
    }
}

// Both tables in turns: when they don't fit into memory, the persons and the blobs that do are mostly those
// of each other.
result<void> IndexWarmer::fill() {
    PORTRAIT_TRY_GET(connection, Connection::open(database_, Connection::Access::query_only));
    std::int32_t last_blob = 0;
    std::int32_t last_person = 0;
    for (bool more = true; more;) {
        const auto began = std::chrono::steady_clock::now();
        const auto read_at = index_.now();
        PORTRAIT_TRY_GET(blobs, list_rows(*connection, last_blob, rows_per_batch));
        PORTRAIT_TRY_GET(links, list_links(*connection, last_person, rows_per_batch));
        injection_point("sqlite/rows_listed");
        for (const auto& blob : blobs)
            if (!index_.fill_room(blob, read_at))
                return {};
        for (const auto& [person_id, link] : links)
            if (!index_.fill_room(person_id, link, read_at))
                return {};
        more = !blobs.empty() || !links.empty();
        last_blob = blobs.empty() ? last_blob : blobs.back().info.blob_id.value();
        last_person = links.empty() ? last_person : links.back().first.value();
        if (more && !pause(began))
            return {};
    }
    return {};
}

bool IndexWarmer::pause(std::chrono::steady_clock::time_point began) {
    const auto took = std::chrono::steady_clock::now() - began;
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, took, [this] { return stopping_; });
}

} // namespace portrait::sqlite
