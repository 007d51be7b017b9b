// Saves pictures in SqliteImageStore from one thread, some in flight, without HTTP. The bare loop is
// store_loop.cpp. usage: portrait_store_save FOLDER PICTURE1 PICTURE2 IN_FLIGHT SECONDS     prints the saves
// per second, and per commit

#include <portrait/digest.hpp>
#include <portrait/probe.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <semaphore>
#include <string>
#include <vector>

namespace {

using namespace portrait;

constexpr std::int64_t persons = 500; // saved repeatedly, as in the other measurements
constexpr int most_in_flight = 8192;

[[noreturn]] void fail(const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.message().c_str(), std::string{error.cause()}.c_str());
    std::exit(1);
}

template<class T>
T required(result<T> outcome) {
    if (!outcome)
        fail(outcome.error());
    return *std::move(outcome);
}

ImageBytes bytes_of(const char* path) {
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(),
                   [](char byte) { return static_cast<std::byte>(byte); });
    return ImageBytes{std::move(bytes)};
}

SaveImage save_of(std::int64_t number, const ImageBytes& picture) {
    return {
        .target = PersonId::from(number % persons + 1).value(),
        .content =
            ImageContent{.bytes = picture, .header = required(probe(picture)), .digest = digest_of(picture)},
        .texts = {.description = {}, .extra_info = {}, .conceptual_type = "PERSONPHOTO"},
        .actor = {.associate_id = 5, .name = "tje0", .full_name = "Terje Demo", .person_id = 12},
        .now = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now()),
        .precondition = {}};
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr, "usage: portrait_store_save FOLDER PICTURE1 PICTURE2 IN_FLIGHT SECONDS\n");
        return 2;
    }
    const std::array pictures{bytes_of(argv[2]), bytes_of(argv[3])};
    const int in_flight = std::atoi(argv[4]);
    const std::chrono::duration<double> wanted{std::atof(argv[5])};
    sqlite::forgo_memory_statistics();
    const auto store = required(sqlite::SqliteImageStore::open({.folder = argv[1]}));
    std::counting_semaphore<most_in_flight> free{in_flight};

    using Clock = std::chrono::steady_clock;
    std::int64_t number = 0;
    const auto start = Clock::now();
    while (Clock::now() - start < wanted) {
        free.acquire();
        store->submit(save_of(number, pictures[static_cast<std::size_t>(number / persons % 2)]),
                      [&free](const result<SavedImage>& saved) {
                          if (!saved)
                              fail(saved.error());
                          free.release();
                      });
        ++number;
    }
    for (int index = 0; index < in_flight; ++index)
        free.acquire();
    const std::chrono::duration<double> spent = Clock::now() - start;
    const auto figures = store->statistics();
    std::printf("%.0f %.1f\n", static_cast<double>(number) / spent.count(),
                static_cast<double>(figures.writes) / static_cast<double>(figures.commits));
}
