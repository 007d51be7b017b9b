#include "input.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

/// TARGET FOLDER: runs a target over every file of its corpus, where there is no libFuzzer to do it. A
/// promise that doesn't hold ends the process.
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
