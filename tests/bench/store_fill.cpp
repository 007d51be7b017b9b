// Fills a data folder by SqliteImageStore, with thousands of saves per commit, to measure starts and requests
// with millions of persons. Continues where an earlier run with the same folder ended. usage:
// portrait_store_fill FOLDER PERSONS BYTES       persons 1 to PERSONS, pictures of BYTES bytes

#include "support/pictures.hpp"

#include <portrait/digest.hpp>
#include <portrait/probe.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace {

using namespace portrait;

constexpr std::uint64_t most_waiting = 8192;
constexpr std::int64_t persons_at_once = 100'000;

/// Counts waiting saves, and blocks the submitting thread at a limit.
class Waiting {
public:
    void enter() {
        std::unique_lock lock{mutex_};
        left_.wait(lock, [this] { return count_ < most_waiting; });
        ++count_;
    }

    void leave() {
        {
            const std::scoped_lock lock{mutex_};
            --count_;
        }
        left_.notify_one();
    }

    void wait() {
        std::unique_lock lock{mutex_};
        left_.wait(lock, [this] { return count_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable left_;
    std::uint64_t count_ = 0;
};

void fail(const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.message().c_str(), std::string{error.cause()}.c_str());
    std::exit(1);
}

template<class T>
T required(result<T> outcome) {
    if (!outcome)
        fail(outcome.error());
    return *std::move(outcome);
}

void add_persons(sqlite::SqlitePersonDirectory& directory, std::int64_t from, std::int64_t until) {
    for (auto first = from; first <= until; first += persons_at_once) {
        std::vector<KnownPerson> persons;
        for (auto id = first; id <= std::min(until, first + persons_at_once - 1); ++id)
            persons.push_back({.id = PersonId::from(id).value(), .full_name = "Person"});
        if (const auto added = directory.add(persons); !added)
            fail(added.error());
    }
}

SaveImage save_of(std::int64_t person, const ImageContent& content) {
    SaveImage save{.target = PersonId::from(person).value(),
                   .content = content,
                   .texts = {.description = {}, .extra_info = {}, .conceptual_type = "PERSONPHOTO"},
                   .actor = {.associate_id = 5, .name = "tje0", .full_name = "Terje Demo", .person_id = 12},
                   .now = {},
                   .precondition = {}};
    save.now = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
    return save;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: portrait_store_fill FOLDER PERSONS BYTES\n");
        return 2;
    }
    const std::int64_t persons = std::atoll(argv[2]);
    const ImageBytes picture{
        portrait::testing::make_jpeg_of_size(static_cast<std::size_t>(std::atoll(argv[3])))};
    const ImageContent content{
        .bytes = picture, .header = required(probe(picture)), .digest = digest_of(picture)};

    const auto store = required(sqlite::SqliteImageStore::open({.folder = argv[1]}));
    const auto directory = store->persons();
    const auto present = static_cast<std::int64_t>(required(directory->count()));
    Waiting waiting;
    const auto start = std::chrono::steady_clock::now();
    for (auto person = present + 1; person <= persons; ++person) {
        waiting.enter();
        store->submit(save_of(person, content), [&waiting](const result<SavedImage>& saved) {
            if (!saved)
                fail(saved.error());
            waiting.leave();
        });
        // Add the person after the picture, so that no person of an interrupted run is without a picture.
        if (person % persons_at_once == 0 || person == persons) {
            waiting.wait();
            add_persons(*directory, std::max(present, (person - 1) / persons_at_once * persons_at_once) + 1,
                        person);
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
            std::printf("%lld persons, %.0f a second\n", static_cast<long long>(person),
                        static_cast<double>(person - present) / spent.count());
            std::fflush(stdout);
        }
    }
    return 0;
}
