#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/audit_file/audit_file.hpp>

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace audit_file_test {

using namespace portrait;
using namespace std::chrono_literals;
namespace json = boost::json;
using portrait::audit_file::AuditFile;
using portrait::testing::TemporaryFolder;

namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
}

/// Returns the file's lines as JSON. Each of them has to end with a line end.
std::vector<json::object> lines_of(const std::filesystem::path& path) {
    const auto text = text_of(path);
    CHECK((text.empty() || text.back() == '\n'));
    std::istringstream stream{text};
    std::vector<json::object> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(json::parse(line).as_object());
    return lines;
}

AuditRecord record_by(std::string name) {
    return {.action = AuditedAction::save,
            .at = Timestamp{std::chrono::sys_days{std::chrono::year{2024} / 5 / 17} + 9h + 30min + 125ms},
            .actor = {.associate_id = 3, .name = std::move(name)}};
}

/// Whether the record was kept; waits for the answer.
bool kept(AuditFile& file, AuditRecord record) {
    const auto answer = std::make_shared<std::promise<bool>>();
    auto answered = answer->get_future();
    file.record(std::move(record), [answer](bool is_kept) { answer->set_value(is_kept); });
    REQUIRE(answered.wait_for(30s) == std::future_status::ready);
    return answered.get();
}

std::shared_ptr<AuditFile> opened(const std::filesystem::path& path,
                                  audit_file::AuditFileOptions options = {}) {
    auto file = AuditFile::open(path, std::move(options));
    REQUIRE(file.has_value());
    return *file;
}

} // namespace

TEST_CASE("a record is a line of JSON with every field", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path, {.sync = GENERATE(false, true)});
    auto record = record_by("Ada \"Ås\"");
    record.actor.request_id = "r-81";
    record.person_id = PersonId::from(7).value();
    record.after = AuditedPicture{.blob_id = BlobId::from(12).value(), .blob_version = 2, .size = 4096};
    record.after->digest = digest_of(std::as_bytes(std::span{"picture"}));
    REQUIRE(kept(*file, record));

    const auto text = text_of(path);
    CHECK(text ==
          R"({"time":"2024-05-17T09:30:00.125Z","action":"save","associate_id":3,"user":"Ada \"Ås\"",)"
          R"("request_id":"r-81","person_id":7,"before":null,"after":{"blob_id":12,"version":2,"bytes":4096,)"
          R"("digest":[")" +
              record.after->digest.to_string() + "\"]}}\n");
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("user").as_string() == "Ada \"Ås\"");
    CHECK(testing::mode_of(path) == 0600U);
}

TEST_CASE("absent fields are omitted, and a picture without bytes has a null digest", "[audit_file]") {
    const TemporaryFolder folder;
    const auto file = opened(folder / "audit.jsonl");
    auto record = record_by("ada");
    record.action = AuditedAction::update_info;
    record.before = AuditedPicture{.blob_id = BlobId::from(12).value(), .blob_version = 1};
    REQUIRE(kept(*file, record));
    const auto lines = lines_of(folder / "audit.jsonl");
    REQUIRE(lines.size() == 1);
    CHECK_FALSE(lines[0].contains("request_id"));
    CHECK_FALSE(lines[0].contains("person_id"));
    CHECK(lines[0].at("action") == "update_info");
    CHECK(lines[0].at("before").at("bytes") == 0);
    CHECK((lines[0].at("before").at("digest") == json::array{nullptr}));
    CHECK(lines[0].at("after").is_null());
}

TEST_CASE("a client's bytes can forge neither a line nor JSON", "[audit_file]") {
    const TemporaryFolder folder;
    const auto file = opened(folder / "audit.jsonl");
    auto record = record_by("a\"}\n{\"\xFF");
    record.actor.request_id = "\x1B[2J";
    REQUIRE(kept(*file, record));
    const auto lines = lines_of(folder / "audit.jsonl");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("user").as_string() == R"(a"}\x0A{"\xFF)");
    CHECK(lines[0].at("request_id").as_string() == R"(\x1B[2J)");
}

TEST_CASE("records are appended to an existing file", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    std::ofstream{path} << "{\"user\":\"earlier\"}\n";
    CHECK(kept(*opened(path), record_by("ada")));
    CHECK(kept(*opened(path), record_by("grace")));
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("user") == "earlier");
    CHECK(lines[1].at("user") == "ada");
    CHECK(lines[2].at("user") == "grace");
}

TEST_CASE("after a rename and reopen a new file is written", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path);
    REQUIRE(kept(*file, record_by("ada")));
    std::filesystem::rename(path, folder / "audit.1");
    REQUIRE(kept(*file, record_by("grace"))); // still written to the renamed file
    CHECK_FALSE(std::filesystem::exists(path));
    file->reopen();
    REQUIRE(kept(*file, record_by("linus")));
    CHECK(lines_of(folder / "audit.1").size() == 2);
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("user") == "linus");
}

TEST_CASE("the error for a path that can't be opened contains the path", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "missing" / "audit.jsonl";
    const auto file = AuditFile::open(path);
    REQUIRE(file.has_error());
    CHECK(file.error() == errc::store_io);
    CHECK(file.error().message() ==
          "The audit log " + path.string() + " can't be opened: No such file or directory");
}

TEST_CASE("a failure is reported once, and records are written once the file can be opened again",
          "[audit_file]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "logs");
    const auto path = folder / "logs" / "audit.jsonl";
    std::vector<std::string> faults; // written by the file's thread, read after its answers
    const auto file = opened(path, {.on_fault = [&](const std::string& fault) { faults.push_back(fault); }});
    REQUIRE(kept(*file, record_by("ada")));
    std::filesystem::rename(folder / "logs", folder / "old");
    file->reopen();
    CHECK_FALSE(kept(*file, record_by("grace")));
    CHECK_FALSE(kept(*file, record_by("grace")));
    CHECK(faults ==
          std::vector{"The audit log " + path.string() +
                      " can't be written (open: No such file or directory); writes are answered 500 "
                      "until it can be"});
    std::filesystem::create_directory(folder / "logs");
    CHECK(kept(*file, record_by("linus")));
    CHECK(lines_of(path).size() == 1);
    CHECK(faults.size() == 1);
}

TEST_CASE("a full disk refuses records", "[audit_file]") {
    std::vector<std::string> faults;
    const auto file =
        opened("/dev/full", {.on_fault = [&](const std::string& fault) { faults.push_back(fault); }});
    CHECK_FALSE(kept(*file, record_by("ada")));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].starts_with("The audit log /dev/full can't be written (write: No space left on device)"));
}

TEST_CASE("many threads write whole lines, those of each thread in order", "[audit_file]") {
    constexpr int writers = 4;
    constexpr int records = 250;
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    std::array<std::vector<bool>, writers> answers; // changed by the file's thread only
    {
        const auto file = opened(path);
        std::vector<std::jthread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                for (int number = 0; number < records; ++number) {
                    auto record = record_by("writer " + std::to_string(writer));
                    record.person_id = PersonId::from(number + 1).value();
                    file->record(std::move(record), [&answers, writer](bool is_kept) {
                        answers.at(static_cast<std::size_t>(writer)).push_back(is_kept);
                    });
                }
            });
    } // the destructor writes waiting records
    for (const auto& answer : answers)
        CHECK(answer == std::vector(records, true));
    std::array<std::int64_t, writers> last{};
    const auto lines = lines_of(path);
    CHECK(lines.size() == std::size_t{writers} * records);
    for (const auto& line : lines) {
        const std::string_view user = line.at("user").as_string();
        auto& before = last.at(static_cast<std::size_t>(user.back() - '0'));
        const auto number = line.at("person_id").as_int64();
        CHECK(number == before + 1);
        before = number;
    }
}

} // namespace audit_file_test
