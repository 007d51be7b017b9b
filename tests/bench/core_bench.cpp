// Measures the core alone, in this process: the probe of a JPEG's header, and saves in the memory store.

#include "support/pictures.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/probe.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace portrait;

constexpr std::size_t picture_bytes = 64 * 1024;

void probe_jpeg(benchmark::State& state) {
    const ImageBytes picture{portrait::testing::make_jpeg_of_size(picture_bytes)};
    for (auto step : state) {
        static_cast<void>(step);
        auto header = probe(picture);
        if (!header)
            return state.SkipWithError("probe refused the picture");
        benchmark::DoNotOptimize(header);
    }
}

void save_in_memory(benchmark::State& state) {
    constexpr std::int32_t persons = 500;
    auto directory = std::make_shared<MemoryPersonDirectory>();
    for (std::int32_t id = 1; id <= persons; ++id)
        directory->add(PersonId::from(id).value());
    PersonImageService service{std::make_shared<MemoryImageStore>(), directory};
    // The store shares these bytes without a copy, as it shares a request's body.
    std::vector<ImageBytes> pictures;
    for (std::uint32_t seed = 0; seed < 64; ++seed)
        pictures.emplace_back(portrait::testing::make_jpeg_of_size(picture_bytes, seed));
    const Actor actor{.associate_id = 5, .name = "tje0", .full_name = "Terje Example", .person_id = 12};
    std::int32_t next = 0;
    for (auto step : state) {
        static_cast<void>(step);
        next = next % persons + 1;
        auto saved = service.save(PersonId::from(next).value(),
                                  pictures[static_cast<std::size_t>(next) % pictures.size()], actor);
        if (!saved)
            return state.SkipWithError("a save was refused");
        benchmark::DoNotOptimize(saved);
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(probe_jpeg);
BENCHMARK(save_in_memory);

} // namespace

BENCHMARK_MAIN();
