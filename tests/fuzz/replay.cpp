#include "input.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

/// Usage: TARGET FOLDER. Runs the target on every file of its corpus, for builds without libFuzzer. A failed
/// check ends the process.
int main(int argc, char** argv) {
    if (argc != 2)
        return 2;
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator{argv[1]}) {
        std::cout << file.path().filename() << std::endl;
        std::ifstream in{file.path(), std::ios::binary};
        const std::vector<char> content{std::istreambuf_iterator<char>{in}, {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
        ++count;
    }
    std::cout << count << " inputs\n";
    return count == 0 ? 1 : 0;
}
