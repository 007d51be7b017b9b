#include "decode/decoding.hpp"

#include "support/catch.hpp"

#include <vips/vector.h>
#include <vips/vips8>

#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace vips_library_test {

using namespace portrait::imaging;

namespace {

/// The loaders that libvips would call, by the names of their classes.
std::set<std::string> open_loaders() {
    std::set<std::string> loaders;
    vips_class_map_all(
        g_type_from_name("VipsForeignLoad"),
        [](VipsObjectClass* kind, void* found) -> void* {
            if (!G_TYPE_IS_ABSTRACT(G_TYPE_FROM_CLASS(kind)) &&
                (VIPS_OPERATION_CLASS(kind)->flags & VIPS_OPERATION_BLOCKED) == 0)
                static_cast<std::set<std::string>*>(found)->insert(g_type_name(G_TYPE_FROM_CLASS(kind)));
            return nullptr;
        },
        &loaders);
    return loaders;
}

} // namespace

TEST_CASE("libvips has loaders for the four formats only, caches no results, and uses one thread") {
    start_vips();
    const std::set<std::string> right{"Jpeg", "Png", "Nsgif", "Tiff"};
    const auto loaders = open_loaders();
    CHECK(loaders.size() >= right.size());
    for (const auto& loader : loaders) {
        INFO(loader);
        bool is_one_of_four = false;
        for (const auto& format : right)
            is_one_of_four = is_one_of_four || loader.rfind("VipsForeignLoad" + format, 0) == 0;
        CHECK(is_one_of_four);
    }
    CHECK(vips_cache_get_max() == 0);
    if (std::getenv("VIPS_CONCURRENCY") == nullptr)
        CHECK(vips_concurrency_get() == 1);
    if (vips_version(0) == 8 && vips_version(1) < 15)
        CHECK_FALSE(vips_vector_isenabled()); // liborc isn't safe with several threads
}

TEST_CASE("no other loader of libvips opens a file of another format") {
    start_vips();
    for (const std::string text :
         {R"(<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>)", "P6 1 1 255 abc", "%PDF-1.4",
          "RIFF\x10\x00\x00\x00WEBPVP8L", "1,2,3\n4,5,6\n"}) {
        INFO(text);
        CHECK_THROWS_AS(vips::VImage::new_from_buffer(text.data(), text.size(), ""), vips::VError);
    }
}

TEST_CASE("concurrent scaling on many threads doesn't damage the heap") {
    // With liborc's code in use this ends the process, often within a second or two.
    start_vips();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread)
        threads.emplace_back([] {
            for (int count = 0; count < 1'500; ++count)
                (void)vips::VImage::black(64, 48).resize(0.5).avg();
            vips_thread_shutdown();
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(vips::VImage::black(64, 48).resize(0.5).width() == 32);
}

} // namespace vips_library_test
