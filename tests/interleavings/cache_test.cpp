#include "interleaving.hpp"
#include "support/catch.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/testing/conformance/cases.hpp>

#include <thread>

namespace cache_interleaving_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::person;
using conformance::save;

namespace {

/// A write that overtakes the reader, and the picture that is read afterwards; empty: none.
struct Overtaking {
    const char* name;
    void (*write)(ImageStore& store);
    std::string expected;
};

std::string picture_of(const ImageStore& store) {
    const auto cached = store.cached_image(person(1));
    if (cached)
        return std::string{cached->bytes.text()};
    const auto stored = store.image(person(1));
    return stored ? std::string{stored->bytes.text()} : std::string{};
}

} // namespace

TEST_CASE("a cache keeps no picture that a write replaced after it was read", "[interleaving]") {
    const Overtaking overtaking = GENERATE(values<Overtaking>({
        {"save", [](ImageStore& store) { save(store, person(1), 2); }, std::string{content(2).bytes.text()}},
        {"submit",
         [](ImageStore& store) {
             store.submit(conformance::save_command(person(1), 2), [](result<SavedImage>) {});
         },
         std::string{content(2).bytes.text()}},
        {"remove",
         [](ImageStore& store) {
             (void)store.remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}});
         },
         ""},
        {"unlink",
         [](ImageStore& store) { (void)store.unlink({.person_id = person(1), .actor = {}, .now = at(1)}); },
         ""},
        {"erase",
         [](ImageStore& store) { (void)store.erase({.person_id = person(1), .actor = {}, .now = at(1)}); },
         ""},
    }));
    CAPTURE(overtaking.name);
    CachingImageStore store{std::make_shared<MemoryImageStore>(), 1 << 20};
    save(store, person(1), 1);

    Interleaving order;
    order.stop_at("cache/read");
    std::string seen;
    std::thread reader{[&] { seen = store.image(person(1)).value().bytes.text(); }};
    const bool stopped = order.wait_until_stopped("cache/read");
    overtaking.write(store);
    order.go_on("cache/read");
    reader.join();
    REQUIRE(stopped);
    CHECK(seen == content(1).bytes.text()); // the state before the write
    CHECK(picture_of(store) == overtaking.expected);
}

} // namespace cache_interleaving_test
