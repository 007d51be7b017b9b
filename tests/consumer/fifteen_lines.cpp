#include <portrait/portrait.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/testing/pictures.hpp>

#include <cstdio>

int main() {
    auto store = portrait::sqlite::SqliteImageStore::open({.folder = "pictures"}).value();
    portrait::PersonImageService service{std::move(store), std::make_shared<portrait::AnyPersonDirectory>()};
    const auto person = portrait::PersonId::from(42).value();
    const portrait::ImageBytes picture{portrait::testing::make_png(97, 61)};
    const auto saved = service.save(person, picture).value();
    const auto read = service.image(person).value();
    std::printf("blob %d, %u x %u\n", saved.blob_id().value(), read.info.width, read.info.height);
    return read.bytes.text() == picture.text() ? 0 : 1;
}
