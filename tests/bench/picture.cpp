// Writes a JPEG with an exact number of bytes.
// usage: portrait_bench_picture FILE BYTES SEED

#include "support/pictures.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: portrait_bench_picture FILE BYTES SEED\n");
        return 2;
    }
    const auto picture = portrait::testing::make_jpeg_of_size(static_cast<std::size_t>(std::atoll(argv[2])),
                                                              static_cast<std::uint32_t>(std::atoi(argv[3])));
    std::ofstream file{argv[1], std::ios::binary};
    file.write(reinterpret_cast<const char*>(picture.data()), static_cast<std::streamsize>(picture.size()));
    file.close();
    return file ? 0 : 1;
}
