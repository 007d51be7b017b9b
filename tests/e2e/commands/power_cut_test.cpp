#include "e2e/server_process.hpp"

#include "sqlite/faults/power_cuts.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/sqlite/upkeep.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace command_power_cut_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::person;
using conformance::removal_of;
using conformance::save_command;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator{file}, {}};
}

/// Commands of portrait-server that work in one folder, and their recorded calls. The n-th command, counted
/// from 0, has the mark 2n at its begin, and 2n + 1 when it prints its report.
class Commands {
public:
    void run(const std::vector<std::string>& arguments, const std::string& input = {}) {
        const TemporaryFolder folder;
        const auto log = folder / "calls";
        const char* const options = std::getenv("ASAN_OPTIONS");
        const auto end = run_server(
            {.folder = place_.path(),
             .arguments = arguments,
             .environment = {{"LD_PRELOAD", built_program("libportrait_disk_recorder.so")},
                             {"ASAN_OPTIONS", (options == nullptr ? "" : options + std::string{":"}) +
                                                  "verify_asan_link_order=0"},
                             {"DISK_RECORDER_FOLDER", fs::canonical(place_.path())},
                             {"DISK_RECORDER_LOG", log}},
             .input = input});
        CAPTURE(end.out, end.err);
        REQUIRE(end.exit_code == 0);
        calls_.push_back({.kind = DiskCall::Kind::mark, .offset = 2 * count_});
        const auto before = calls_.size();
        append_recorded(log, calls_);
        REQUIRE(calls_.size() > before + 3);
        for (auto call = calls_.begin() + static_cast<std::ptrdiff_t>(before); call != calls_.end(); ++call)
            if (call->kind == DiskCall::Kind::mark)
                call->offset = 2 * count_ + 1;
        ++count_;
    }

    fs::path operator/(const char* name) const { return place_ / name; }

    /// Cuts the power. `judge` gets a folder, the number of commands that have reported, and the number of
    /// those that have begun.
    template<class Judge>
    void cut_power(std::size_t cuts, const Judge& judge) const {
        std::uint64_t reported = 0;
        std::uint64_t begun = 0;
        ReplayedDisk disk;
        portrait::testing::cut_power(
            disk, calls_, power_cuts(cuts),
            [&](std::uint64_t number) { (number % 2 == 0 ? begun : reported) = number / 2 + 1; },
            [&](const fs::path& left) { return judge(left, reported, begun); });
    }

private:
    TemporaryFolder place_;
    std::vector<DiskCall> calls_;
    std::uint64_t count_ = 0;
};

/// The digests of the persons' pictures, in hexadecimal digits.
using Pictures = std::map<std::int64_t, std::string>;

Pictures pictures_of(const fs::path& data) {
    const auto store = open_store(data);
    Pictures pictures;
    for (std::int32_t id = 1; id <= 12; ++id)
        if (const auto stored = store->image(person(id)))
            pictures.emplace(id, digest_of(stored->bytes.view()).to_string());
    return pictures;
}

void save(const fs::path& data, std::int32_t first, std::int32_t last, std::uint32_t seeds) {
    const auto store = open_store(data);
    for (auto id = first; id <= last; ++id) {
        // Of one format and one size for each person.
        const auto seed = seeds + 4 * static_cast<std::uint32_t>(id);
        const auto size = 700 + 300 * static_cast<std::size_t>(id);
        REQUIRE(store->save(save_command(person(id), seed, 0, size)).has_value());
    }
}

void remove(const fs::path& data, std::int32_t id) {
    REQUIRE(open_store(data)->remove(removal_of(person(id))).has_value());
}

/// A manifest's entries: the digests by person and by file.
struct Manifest {
    Pictures persons;
    std::map<std::string, std::string> files;
};

/// Absent when there is no manifest. Throws if a line is no JSON.
std::optional<Manifest> manifest_of(const fs::path& folder) {
    std::ifstream file{folder / "manifest.jsonl"};
    if (!file)
        return std::nullopt;
    Manifest manifest;
    for (std::string line; std::getline(file, line);) {
        const auto entry = json::parse(line).as_object();
        if (!entry.contains("person_id"))
            continue;
        const std::string digest{entry.at("digest").as_string()};
        manifest.persons.emplace(entry.at("person_id").as_int64(), digest);
        manifest.files.emplace(std::string{entry.at("file").as_string()}, digest);
    }
    return manifest;
}

/// The digests of an export's pictures, by file.
std::map<std::string, std::string> files_of(const fs::path& folder) {
    std::map<std::string, std::string> files;
    if (!fs::exists(folder))
        return files;
    for (const auto& entry : fs::directory_iterator{folder}) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("manifest.jsonl") || name.ends_with(".partial"))
            continue;
        const auto text = text_of(entry.path());
        files.emplace(name, digest_of(std::as_bytes(std::span{text})).to_string());
    }
    return files;
}

/// The fault of an export that has these pictures and has ended, or an empty text.
std::string fault_of_export(const fs::path& folder, const Pictures& pictures) {
    const auto manifest = manifest_of(folder);
    if (!manifest || manifest->persons != pictures)
        return "the manifest is missing or has other pictures";
    return files_of(folder) == manifest->files ? "" : "the files are not those of the manifest";
}

} // namespace

TEST_CASE("users and tokens that a command has reported survive power cuts", "[e2e][crash][power]") {
    Commands commands;
    std::vector<std::string> users{""};
    std::vector<std::string> tokens{""};
    const auto run = [&](const std::vector<std::string>& arguments, const std::string& input = {}) {
        commands.run(arguments, input);
        users.push_back(text_of(commands / "data" / "users.htpasswd"));
        tokens.push_back(text_of(commands / "data" / "tokens"));
    };
    run({"users", "add", "anna", "--data", "data"}, "password of anna\n");
    run({"users", "add", "bert", "--data", "data"}, "password of bert\n");
    run({"tokens", "add", "crm", "--data", "data"});
    run({"users", "add", "anna", "--data", "data", "--read-only"}, "another of anna\n");
    run({"tokens", "revoke", tokens.back().substr(0, tokens.back().find(':')), "--data", "data"});
    REQUIRE(std::set<std::string>{users.begin(), users.end()}.size() == 4);
    REQUIRE(std::set<std::string>{tokens.begin(), tokens.end()}.size() == 2);

    commands.cut_power(400, [&](const fs::path& left, std::uint64_t reported, std::uint64_t begun) {
        for (const auto& [name, texts] :
             {std::pair{"users.htpasswd", &users}, std::pair{"tokens", &tokens}}) {
            const auto text = text_of(left / "data" / name);
            if (text != texts->at(reported) && text != texts->at(begun))
                return std::string{"the file has neither the old text nor the new one: "} + name;
        }
        return std::string{};
    });
}

TEST_CASE("an export that ended survives power cuts, and no file of it is half written",
          "[e2e][crash][power]") {
    const TemporaryFolder source;
    const auto data = source.path().string();
    save(source.path(), 1, 8, 0);
    Commands commands;
    std::vector<Pictures> exported{{}, pictures_of(source.path())};
    commands.run({"export", "pictures", "--data", data});
    save(source.path(), 2, 4, 1000);
    remove(source.path(), 5);
    save(source.path(), 6, 6, 1001); // a file of another format
    save(source.path(), 9, 9, 1000);
    exported.push_back(pictures_of(source.path()));
    commands.run({"export", "pictures", "--data", data});

    std::set<std::string> known;
    for (const auto& pictures : exported)
        for (const auto& [id, digest] : pictures)
            known.insert(digest);
    std::size_t judged = 0;
    commands.cut_power(
        300, [&](const fs::path& left, std::uint64_t reported, std::uint64_t begun) -> std::string {
            const auto folder = left / "pictures";
            if (reported == begun)
                return fault_of_export(folder, exported.at(reported));
            if (const auto manifest = manifest_of(folder))
                if (manifest->persons != exported.at(reported) && manifest->persons != exported.at(begun))
                    return "the manifest has other pictures";
            for (const auto& [file, digest] : files_of(folder))
                if (!known.contains(digest))
                    return "half a file has the name " + file;
            if (++judged % 5 != 0)
                return "";
            const auto again =
                run_server({.folder = left, .arguments = {"export", "pictures", "--data", data}});
            if (again.exit_code != 0)
                return "it can't be continued: " + again.err;
            const auto fault = fault_of_export(folder, exported.back());
            return fault.empty() ? "" : "continued: " + fault;
        });
}

TEST_CASE("the commands of backup and restoration have reported what survives power cuts",
          "[e2e][crash][power]") {
    const TemporaryFolder source;
    save(source.path(), 1, 8, 0);
    const auto pictures = pictures_of(source.path());
    Commands commands;
    commands.run({"backup", "backup", "--data", source.path().string()});
    commands.run({"restore", "backup", "--data", "data"});

    commands.cut_power(60, [&](const fs::path& left, std::uint64_t reported, std::uint64_t) -> std::string {
        if (reported > 1)
            return pictures_of(left / "data") == pictures ? "" : "the folder has other pictures";
        if (reported == 0)
            return "";
        const TemporaryFolder place;
        const auto restored = sqlite::restore(left / "backup", place / "data");
        if (!restored || !restored->ok())
            return "the backup can't be restored";
        return pictures_of(place / "data") == pictures ? "" : "the backup has other pictures";
    });
}

} // namespace command_power_cut_test
