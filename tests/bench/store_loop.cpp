// The upper bound for the store's design: one thread writes records into a file, syncs it, and commits their
// rows in one SQLite transaction. Without sockets, reads, freed space and further threads. usage:
// portrait_store_loop FOLDER PICTURE BATCH SECONDS [SPACE] Prints the saves per second, and the 99th
// percentile of the time of a batch, ms. SPACE is where the records go:
//   allocated    into space that fallocate has allocated, in steps of 64 MiB (default)
//   zeros        into zeros that a thread has written and synced before, at most 64 MiB ahead
//   overwritten  over the records of two full files in turn, which are written before the measurement

#include <portrait/digest.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t step = 64ULL << 20;
constexpr std::uint64_t segment_bytes = 1ULL << 30;
constexpr std::int64_t persons = 500; // saved repeatedly, as in the other measurements

void require(bool holds, const char* what) {
    if (!holds) {
        std::perror(what);
        std::exit(1);
    }
}

class Rows {
public:
    explicit Rows(const std::filesystem::path& path) {
        require(sqlite3_open(path.c_str(), &database_) == SQLITE_OK, "sqlite3_open");
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA synchronous = FULL");
        run("CREATE TABLE blob (blob_id INTEGER PRIMARY KEY, version INTEGER, place INTEGER, size INTEGER, "
            "width INTEGER, height INTEGER, digest BLOB, description TEXT, extra_info TEXT, updated_at "
            "INTEGER, "
            "updated_by INTEGER, name TEXT, full_name TEXT)");
        const char* insert = "INSERT OR REPLACE INTO blob VALUES "
                             "(?, ?, ?, 65536, 300, 300, ?, '', '', 1790000000000, 5, 'tje0', 'Terje Demo')";
        require(sqlite3_prepare_v2(database_, insert, -1, &insert_, nullptr) == SQLITE_OK, "prepare");
    }

    void run(const char* sql) {
        require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    }

    void put(std::int64_t number, std::uint64_t place, const portrait::Digest& digest) {
        sqlite3_bind_int64(insert_, 1, number % persons + 1);
        sqlite3_bind_int64(insert_, 2, number);
        sqlite3_bind_int64(insert_, 3, static_cast<sqlite3_int64>(place));
        sqlite3_bind_blob(insert_, 4, digest.bytes.data(), static_cast<int>(digest.bytes.size()),
                          SQLITE_STATIC);
        require(sqlite3_step(insert_) == SQLITE_DONE, "insert");
        sqlite3_reset(insert_);
    }

private:
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

enum class Space { allocated, zeros, overwritten };

/// Fills a part of a file and syncs it.
void fill(int file, std::uint64_t from, std::uint64_t to, std::byte value) {
    const std::vector<std::byte> piece(1ULL << 20, value);
    for (; from < to; from += piece.size())
        require(::pwrite(file, piece.data(), piece.size(), static_cast<off_t>(from)) ==
                    static_cast<ssize_t>(piece.size()),
                "pwrite");
    require(::fdatasync(file) == 0, "fdatasync");
}

/// Writes zeros into a file on a thread of its own, ahead of the records.
class Zeros {
public:
    explicit Zeros(int file)
        : thread_{[this, file] {
            for (std::uint64_t end = 0; end < segment_bytes && !stopping_;) {
                if (const auto used = used_.load(); end >= used + step) {
                    used_.wait(used);
                    continue;
                }
                fill(file, end, end + step / 4, std::byte{0});
                written_ = end += step / 4;
                written_.notify_one();
            }
        }} {}
    Zeros(const Zeros&) = delete;
    Zeros& operator=(const Zeros&) = delete;
    ~Zeros() {
        stopping_ = true;
        use(segment_bytes);
        thread_.join();
    }

    void use(std::uint64_t end) {
        used_ = end;
        used_.notify_one();
    }

    void wait_for(std::uint64_t end) {
        for (auto written = written_.load(); written < end; written = written_)
            written_.wait(written);
    }

private:
    std::atomic<std::uint64_t> used_{0};
    std::atomic<std::uint64_t> written_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

class Segment {
public:
    Segment(std::filesystem::path folder, Space space)
        : folder_{std::move(folder)}
        , space_{space} {
        if (space_ == Space::overwritten)
            for (const int number : {0, 1}) {
                open(number, O_CREAT | O_EXCL);
                fill(file_, 0, segment_bytes, std::byte{1});
                ::close(std::exchange(file_, -1));
            }
        next();
    }
    ~Segment() { zeros_.reset(); }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    std::uint64_t write(std::span<const std::byte> bytes) {
        const std::uint64_t length = (bytes.size() + header_.size() + block - 1) / block * block;
        if (end_ + length > segment_bytes)
            next();
        if (zeros_) {
            zeros_->use(end_ + length);
            zeros_->wait_for(end_ + length);
        } else if (space_ == Space::allocated && end_ + length > allocated_) {
            require(::fallocate(file_, 0, static_cast<off_t>(allocated_), step) == 0, "fallocate");
            allocated_ += step;
        }
        std::array parts{iovec{header_.data(), header_.size()},
                         iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
        require(::pwritev(file_, parts.data(), 2, static_cast<off_t>(end_)) ==
                    static_cast<ssize_t>(header_.size() + bytes.size()),
                "pwritev");
        const auto place = end_;
        end_ += length;
        return place;
    }

    void sync() { require(::fdatasync(file_) == 0, "fdatasync"); }

private:
    // Unlinks the previous file, because only the rate is measured and the disk may be small.
    void next() {
        zeros_.reset();
        if (file_ >= 0) {
            sync();
            ::close(file_);
            if (space_ != Space::overwritten)
                std::filesystem::remove(path(number_));
        }
        ++number_;
        if (space_ == Space::overwritten)
            open(number_ % 2, 0);
        else
            open(number_, O_CREAT | O_EXCL);
        if (space_ == Space::zeros)
            zeros_ = std::make_unique<Zeros>(file_);
        end_ = allocated_ = 0;
    }

    void open(int number, int flags) {
        file_ = ::open(path(number).c_str(), O_RDWR | flags, 0600);
        require(file_ >= 0, "open");
    }

    std::filesystem::path path(int number) const { return folder_ / std::to_string(number); }

    std::filesystem::path folder_;
    const Space space_;
    std::unique_ptr<Zeros> zeros_;
    std::array<std::byte, 64> header_{};
    int file_ = -1;
    int number_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t allocated_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    const std::string_view name = argc == 6 ? argv[5] : "allocated";
    if (argc < 5 || argc > 6 || (name != "allocated" && name != "zeros" && name != "overwritten")) {
        std::fprintf(
            stderr,
            "usage: portrait_store_loop FOLDER PICTURE BATCH SECONDS [allocated|zeros|overwritten]\n");
        return 2;
    }
    const auto space = name == "zeros"         ? Space::zeros
                       : name == "overwritten" ? Space::overwritten
                                               : Space::allocated;
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    std::ifstream file{argv[2], std::ios::binary};
    const std::string picture{std::istreambuf_iterator<char>{file}, {}};
    const int batch = std::atoi(argv[3]);
    const std::chrono::duration<double> wanted{std::atof(argv[4])};
    require(!picture.empty() && batch > 0, "a picture and a batch size");

    Rows rows{folder / "rows.db"};
    Segment segment{folder, space};
    const auto bytes = std::as_bytes(std::span{picture});
    std::array<std::uint64_t, 65536> places{};
    require(static_cast<std::size_t>(batch) <= places.size(), "a smaller batch size");
    std::int64_t saved = 0;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::duration<double> spent{};
    std::vector<double> times; // of the batches, ms
    while (spent < wanted) {
        portrait::Digest digest;
        for (int index = 0; index < batch; ++index) {
            digest = portrait::digest_of(bytes);
            places[static_cast<std::size_t>(index)] = segment.write(bytes);
        }
        segment.sync();
        rows.run("BEGIN IMMEDIATE");
        for (int index = 0; index < batch; ++index)
            rows.put(saved++, places[static_cast<std::size_t>(index)], digest);
        rows.run("COMMIT");
        const auto before = std::exchange(spent, std::chrono::steady_clock::now() - start);
        times.push_back((spent - before).count() * 1000);
    }
    const auto p99 = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
    std::nth_element(times.begin(), p99, times.end());
    std::printf("%.0f %.2f\n", static_cast<double>(saved) / spent.count(), *p99);
}
