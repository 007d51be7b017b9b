// A console tool over the core and the embedded store: no socket, no HTTP.

#include <portrait/portrait.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr const char* usage = R"(album stores one picture per person in a folder.

usage: album FOLDER add PERSON NAME     adds the person
       album FOLDER save PERSON FILE    stores the picture; replaces an earlier one
       album FOLDER show PERSON         prints blob id, type and size of the picture
       album FOLDER write PERSON FILE   writes the picture to a file
       album FOLDER remove PERSON       removes the picture

PERSON is a number from 1 to 2147483647. Exit codes: 0 success, 1 refused, 2 wrong usage.
)";

int refused(const portrait::Error& error) {
    std::cerr << "album: " << error.message() << " (" << error.rule() << ")\n";
    return 1;
}

int save(portrait::PersonImageService& pictures, portrait::PersonId person, const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        std::cerr << "album: " << path << " can't be read\n";
        return 1;
    }
    const auto saved =
        pictures.save(person, portrait::ImageBytes{std::string{std::istreambuf_iterator<char>{file}, {}}});
    if (!saved)
        return refused(saved.error());
    std::cout << (saved->created ? "stored" : "replaced") << " blob " << saved->blob_id() << '\n';
    return 0;
}

int show(const portrait::PersonImageService& pictures, portrait::PersonId person) {
    const auto info = pictures.info(person);
    if (!info)
        return refused(info.error());
    std::cout << "blob " << info->blob_id << ", " << media_type(*info->format) << ", " << info->width << " x "
              << info->height << ", " << info->size << " bytes\n";
    return 0;
}

int write(const portrait::PersonImageService& pictures, portrait::PersonId person, const std::string& path) {
    const auto picture = pictures.image(person);
    if (!picture)
        return refused(picture.error());
    std::ofstream file{path, std::ios::binary};
    const auto bytes = picture->bytes.text();
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
        std::cerr << "album: " << path << " can't be written\n";
        return 1;
    }
    return 0;
}

int remove(portrait::PersonImageService& pictures, portrait::PersonId person) {
    const auto removed = pictures.remove(person);
    if (!removed)
        return refused(removed.error());
    std::cout << (removed->unlinked ? "removed\n" : "there was no picture\n");
    return 0;
}

int run(const std::vector<std::string>& words) {
    if (words.size() == 1 && words[0] == "--help") {
        std::cout << usage;
        return 0;
    }
    const std::string command = words.size() < 3 ? "" : words[1];
    const bool with_text = command == "add" || command == "save" || command == "write";
    const bool without_text = command == "show" || command == "remove";
    if (!(with_text && words.size() == 4) && !(without_text && words.size() == 3)) {
        std::cerr << usage;
        return 2;
    }
    const auto person = portrait::PersonId::parse(words[2]);
    if (!person)
        return refused(person.error());
    auto store = portrait::sqlite::SqliteImageStore::open({.folder = words[0]});
    if (!store)
        return refused(store.error());
    const auto persons = (*store)->persons();
    portrait::PersonImageService pictures{std::move(*store), persons};

    if (command == "save")
        return save(pictures, *person, words[3]);
    if (command == "show")
        return show(pictures, *person);
    if (command == "write")
        return write(pictures, *person, words[3]);
    if (command == "remove")
        return remove(pictures, *person);
    const auto added = persons->add(*person, words[3]);
    return added ? 0 : refused(added.error());
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& failure) {
        std::cerr << "album: " << failure.what() << '\n';
        return 1;
    }
}
