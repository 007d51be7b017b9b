#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/audit_file/audit_file.hpp>

#include <boost/json.hpp>

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
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

/// Whether the record was prepared; then it is committed.
bool kept(AuditFile& file, const AuditRecord& record) {
    const auto ticket = file.prepare({&record, 1});
    if (!ticket) {
        CHECK(ticket.error() == errc::audit_unavailable);
        return false;
    }
    file.conclude(*ticket, AuditOutcome::committed);
    return true;
}

/// The lines of a state.
std::vector<json::object> lines_of(const std::filesystem::path& path, std::string_view state) {
    auto lines = lines_of(path);
    std::erase_if(lines, [&](const json::object& line) { return line.at("state").as_string() != state; });
    return lines;
}

/// Limits the size of this process's files (setrlimit), as a full disk does.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        previous_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, previous_);
    }

private:
    rlimit before_{};
    void (*previous_)(int) = SIG_DFL;
};

std::shared_ptr<AuditFile> opened(const std::filesystem::path& path,
                                  audit_file::AuditFileOptions options = {}) {
    auto file = AuditFile::open(path, std::move(options));
    REQUIRE(file.has_value());
    return *file;
}

} // namespace

TEST_CASE("a prepared record is a line of JSON with every field, and its outcome is the next",
          "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path, {.sync = GENERATE(false, true)});
    auto record = record_by("Ada \"Ås\"");
    record.actor.request_id = "r-81";
    record.person_id = PersonId::from(7).value();
    record.after = AuditedPicture{.blob_id = BlobId::from(12).value(), .blob_version = 2, .size = 4096};
    record.after->digest = digest_of(std::as_bytes(std::span{"picture"}));
    const auto ticket = file->prepare({&record, 1});
    REQUIRE(ticket.has_value());

    auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    const std::string id{lines[0].at("id").as_string()};
    CHECK(text_of(path) ==
          R"({"time":"2024-05-17T09:30:00.125Z","state":"prepared","id":")" + id +
              R"(","action":"save","associate_id":3,"user":"Ada \"Ås\"","request_id":"r-81","person_id":7,)"
              R"("before":null,"after":{"blob_id":12,"version":2,"bytes":4096,"digest":")" +
              record.after->digest.to_string() + "\"}}\n");
    CHECK(testing::mode_of(path) == 0600U);

    const auto outcome = GENERATE(AuditOutcome::committed, AuditOutcome::failed);
    file->conclude(*ticket, outcome);
    lines = lines_of(path);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].at("id") == lines[0].at("id"));
    CHECK(lines[1].at("state") == (outcome == AuditOutcome::committed ? "committed" : "failed"));
    CHECK(lines[1].at("time").as_string().ends_with("Z"));
    const auto figures = file->statistics();
    CHECK(figures.prepared == 1);
    CHECK(figures.committed == (outcome == AuditOutcome::committed ? 1 : 0));
    CHECK(figures.failed == (outcome == AuditOutcome::failed ? 1 : 0));
}

TEST_CASE("absent fields are omitted, and a picture without bytes has no digest", "[audit_file]") {
    const TemporaryFolder folder;
    const auto file = opened(folder / "audit.jsonl");
    auto record = record_by("ada");
    record.action = AuditedAction::update_info;
    record.before = AuditedPicture{.blob_id = BlobId::from(12).value(), .blob_version = 1};
    REQUIRE(kept(*file, record));
    const auto line = lines_of(folder / "audit.jsonl").at(0);
    CHECK_FALSE(line.contains("request_id"));
    CHECK_FALSE(line.contains("person_id"));
    CHECK_FALSE(line.contains("imported"));
    CHECK(line.at("action") == "update_info");
    CHECK(line.at("before").at("bytes") == 0);
    CHECK(line.at("before").at("digest").is_null());
    CHECK(line.at("after").is_null());
}

TEST_CASE("an import's line has the stamps that it brought", "[audit_file]") {
    const TemporaryFolder folder;
    const auto file = opened(folder / "audit.jsonl");
    auto record = record_by("root");
    record.imported = ImageStamps{.created_at = record.at - 1h,
                                  .created_by = {.associate_id = 4, .name = "grace\n"},
                                  .updated_at = record.at - 1min,
                                  .updated_by = {.associate_id = 5, .name = "linus"}};
    REQUIRE(kept(*file, record));
    const auto line = lines_of(folder / "audit.jsonl").at(0);
    CHECK(line.at("user") == "root");
    CHECK(json::serialize(line.at("imported")) ==
          R"({"created_at":"2024-05-17T08:30:00.125Z","created_by":{"associate_id":4,"user":"grace\\x0A"},)"
          R"("updated_at":"2024-05-17T09:29:00.125Z","updated_by":{"associate_id":5,"user":"linus"}})");
}

TEST_CASE("a client's bytes can forge neither a line nor JSON", "[audit_file]") {
    const TemporaryFolder folder;
    const auto file = opened(folder / "audit.jsonl");
    auto record = record_by("a\"}\n{\"\xFF");
    record.actor.request_id = "\x1B[2J";
    REQUIRE(kept(*file, record));
    const auto lines = lines_of(folder / "audit.jsonl");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("user").as_string() == R"(a"}\x0A{"\xFF)");
    CHECK(lines[0].at("request_id").as_string() == R"(\x1B[2J)");
}

TEST_CASE("records are appended to an existing file, under ids of their own", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    CHECK(kept(*opened(path), record_by("ada")));
    CHECK(kept(*opened(path), record_by("grace")));
    const auto lines = lines_of(path, "prepared");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("user") == "ada");
    CHECK(lines[1].at("user") == "grace");
    CHECK(lines[0].at("id") != lines[1].at("id"));
}

TEST_CASE("a line that an earlier process left cut off is ended before the next one", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const bool at_reopening = GENERATE(false, true);
    std::ofstream{at_reopening ? folder / "other" : path} << R"({"time":"2024-05-17T09:00:00.000Z","ac)";
    const auto file = opened(path);
    if (at_reopening) {
        std::filesystem::rename(folder / "other", path);
        file->reopen();
    }
    REQUIRE(kept(*file, record_by("ada")));
    std::istringstream text{text_of(path)};
    std::string torn;
    std::string next;
    REQUIRE((std::getline(text, torn) && std::getline(text, next)));
    CHECK(torn == R"({"time":"2024-05-17T09:00:00.000Z","ac)");
    CHECK(json::parse(next).at("user") == "ada");
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
    CHECK(lines_of(folder / "audit.1", "prepared").size() == 2);
    const auto lines = lines_of(path, "prepared");
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

TEST_CASE("a failed reopening is tried again without a write, and refused writes get a line",
          "[audit_file]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "logs");
    const auto path = folder / "logs" / "audit.jsonl";
    std::vector<std::string> faults;
    const auto file = opened(
        path, {.on_fault = [&](const std::string& fault) { faults.push_back(fault); }, .retry_delay = 5ms});
    REQUIRE(kept(*file, record_by("ada")));
    std::filesystem::rename(folder / "logs", folder / "old");
    file->reopen();
    CHECK(file->writable().error() == errc::audit_unavailable);
    CHECK_FALSE(kept(*file, record_by("grace")));
    CHECK_FALSE(kept(*file, record_by("grace")));
    CHECK(faults ==
          std::vector{"The audit log " + path.string() +
                      " can't be written (open: No such file or directory); writes are answered 503 "
                      "until it can be"});
    std::filesystem::create_directory(folder / "logs");
    for (int tries = 0; tries < 6000 && !file->writable(); ++tries)
        std::this_thread::sleep_for(5ms);
    CHECK(file->writable().has_value());
    auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("state") == "refused");
    CHECK(lines[0].at("writes") == 2);
    CHECK(kept(*file, record_by("linus")));
    CHECK(lines_of(path).size() == 3);
    CHECK(faults.size() == 1);
    CHECK(file->statistics().refused == 2);
}

TEST_CASE("a full disk refuses records", "[audit_file]") {
    std::vector<std::string> faults;
    const auto file =
        opened("/dev/full",
               {.on_fault = [&](const std::string& fault) { faults.push_back(fault); }, .retry_delay = 1ms});
    CHECK_FALSE(kept(*file, record_by("ada")));
    std::this_thread::sleep_for(20ms); // some tries
    CHECK_FALSE(kept(*file, record_by("ada")));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].starts_with("The audit log /dev/full can't be written (write: No space left on device)"));
    CHECK(file->statistics().faulty);
}

TEST_CASE("a record that a full disk cuts off is refused, and the next one begins a line", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path, {.sync = true, .retry_delay = 24h});
    REQUIRE(kept(*file, record_by("ada")));
    const auto size = std::filesystem::file_size(path);
    // The file may grow by one and a half records.
    const auto length = text_of(path).find('\n') + 1;
    const std::array records{record_by("ada"), record_by("ada")};
    {
        const FileSizeLimit limit{size + length + length / 2};
        CHECK(file->prepare(records).error() == errc::audit_unavailable);
        CHECK_FALSE(kept(*file, record_by("grace")));
    }
    CHECK(std::filesystem::file_size(path) == size + length + length / 2);
    CHECK(kept(*file, record_by("linus")));

    std::istringstream stream{text_of(path)};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    REQUIRE(lines.size() == 8);
    CHECK(json::parse(lines[2]).at("state") == "prepared");
    CHECK_FALSE(lines[3].ends_with('}')); // cut off
    CHECK(json::parse(lines[4]).at("state") == "failed");
    CHECK(json::parse(lines[4]).at("id") == json::parse(lines[2]).at("id"));
    CHECK(json::parse(lines[5]).at("writes") == 3);
    CHECK(json::parse(lines[6]).at("user") == "linus");
    CHECK(json::parse(lines[7]).at("state") == "committed");
}

TEST_CASE("an outcome that can't be written is written before the next record", "[audit_file]") {
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path, {.retry_delay = 24h});
    const auto record = record_by("ada");
    const auto ticket = file->prepare({&record, 1});
    REQUIRE(ticket.has_value());
    {
        const FileSizeLimit limit{std::filesystem::file_size(path) + 10};
        file->conclude(*ticket, AuditOutcome::committed);
        CHECK(file->writable().error() == errc::audit_unavailable);
    }
    CHECK(kept(*file, record_by("grace")));
    std::istringstream stream{text_of(path)};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    REQUIRE(lines.size() == 5);
    CHECK(lines[1].size() == 10);
    CHECK(json::parse(lines[2]).at("state") == "committed");
    CHECK(json::parse(lines[2]).at("id") == json::parse(lines[0]).at("id"));
    CHECK(json::parse(lines[3]).at("user") == "grace");
}

TEST_CASE("many threads write whole lines, those of each thread in order", "[audit_file]") {
    constexpr int writers = 4;
    constexpr int records = 250;
    const TemporaryFolder folder;
    const auto path = folder / "audit.jsonl";
    const auto file = opened(path);
    std::array<int, writers> written{};
    {
        std::vector<std::jthread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                for (int number = 0; number < records; ++number) {
                    auto record = record_by("writer " + std::to_string(writer));
                    record.person_id = PersonId::from(number + 1).value();
                    if (const auto ticket = file->prepare({&record, 1})) {
                        file->conclude(*ticket, AuditOutcome::committed);
                        ++written.at(static_cast<std::size_t>(writer));
                    }
                }
            });
    }
    for (const auto count : written)
        CHECK(count == records);
    std::array<std::int64_t, writers> last{};
    CHECK(lines_of(path, "committed").size() == std::size_t{writers} * records);
    for (const auto& line : lines_of(path, "prepared")) {
        const std::string_view user = line.at("user").as_string();
        auto& before = last.at(static_cast<std::size_t>(user.back() - '0'));
        const auto number = line.at("person_id").as_int64();
        CHECK(number == before + 1);
        before = number;
    }
}

} // namespace audit_file_test
