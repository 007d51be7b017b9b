#include <portrait/portrait.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

int main(int argc, char** argv) {
    auto store = portrait::sqlite::SqliteImageStore::open({.folder = "portrait-data"});
    if (!store || argc < 2)
        return 2;
    portrait::PersonImageService service{std::move(*store), std::make_shared<portrait::AnyPersonDirectory>()};

    std::ifstream file{argv[1], std::ios::binary};
    portrait::ImageBytes photo{std::string{std::istreambuf_iterator<char>{file}, {}}};
    auto saved = service.save(portrait::PersonId::from(42).value(), photo); // durable when it returns
    if (!saved)
        return std::printf("refused: %s\n", saved.error().message().c_str()), 1;
    std::printf("blob %d, %u x %u\n", saved->blob_id().value(), saved->info.width, saved->info.height);
}
