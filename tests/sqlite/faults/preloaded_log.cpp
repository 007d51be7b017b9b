// A library for LD_PRELOAD: records the calls of a whole program that change the folder DISK_RECORDER_FOLDER,
// into the file DISK_RECORDER_LOG, with a mark for each flush of standard output: what the program has
// reported is durable by then.

#include "disk_log.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace {

[[gnu::constructor]] void begin() {
    const char* const folder = std::getenv("DISK_RECORDER_FOLDER");
    const char* const file = std::getenv("DISK_RECORDER_LOG");
    if (folder != nullptr && file != nullptr)
        portrait::testing::record_to_file(folder, file);
}

} // namespace

extern "C" int fflush(std::FILE* stream) {
    static auto* const real = reinterpret_cast<int (*)(std::FILE*)>(::dlsym(RTLD_NEXT, "fflush"));
    if (stream == stdout)
        portrait::testing::note_mark(0);
    return real(stream);
}
