#pragma once

#include "index/row_index.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace portrait::sqlite {

/// Fills an index with all rows of a database, as far as its memory allows, on a thread that works at most
/// half of the time. After errors other rows are read when they are needed.
class IndexWarmer {
public:
    IndexWarmer(std::filesystem::path database, RowIndex& index);
    ~IndexWarmer();

    /// Ends the thread.
    void stop() noexcept;

    /// Begins again, after the index has lost rows.
    void fill_again() noexcept;

private:
    void work();
    [[nodiscard]] result<void> fill();
    /// Waits for as long as the last batch took. False when the thread has to end.
    bool pause(std::chrono::steady_clock::time_point began);

    const std::filesystem::path database_;
    RowIndex& index_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool wanted_ = true; ///< a filling that has not begun
    bool stopping_ = false;

    std::thread thread_;
};

} // namespace portrait::sqlite
