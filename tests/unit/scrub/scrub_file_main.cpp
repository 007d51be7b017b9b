#include <portrait/scrub.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

/// scrub_file IN OUT: for the test with exiftool and ImageMagick.
int main(int argc, char** argv) {
    if (argc != 3)
        return 2;
    std::ifstream in{argv[1], std::ios::binary};
    const auto scrubbed =
        portrait::scrub(portrait::ImageBytes{std::string{std::istreambuf_iterator<char>{in}, {}}});
    if (!scrubbed) {
        std::cerr << argv[1] << ": " << scrubbed.error().message() << '\n';
        return 1;
    }
    for (const auto& removed : scrubbed->receipt.removed)
        std::cout << name_of(removed.kind) << ' ' << removed.parts << ' ' << removed.bytes << '\n';
    std::ofstream out{argv[2], std::ios::binary};
    out << scrubbed->bytes.text();
    return out.flush() ? 0 : 1;
}
