#include "sqlite/faults/power_cuts.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/audit_file/audit_file.hpp>

#include <boost/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace audit_power_cut_test {

using namespace portrait;
using namespace portrait::testing;
using portrait::audit_file::AuditFile;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* log_name = "audit.jsonl";
constexpr std::uint64_t rounds = 12;

/// The record of this number; long, so that it lies in several sectors.
AuditRecord record_of(std::uint64_t number) {
    return {.action = AuditedAction::save,
            .at = Timestamp{},
            .actor = {.associate_id = static_cast<std::int32_t>(number), .name = std::string(700, 'a')}};
}

/// The numbers of the prepared records in a file's whole lines.
std::set<std::uint64_t> numbers_in(const fs::path& path) {
    std::set<std::uint64_t> numbers;
    std::ifstream file{path, std::ios::binary};
    for (std::string line; std::getline(file, line);) {
        boost::system::error_code torn;
        const auto value = json::parse(line, torn);
        if (!torn && !file.eof() && value.is_object() && value.as_object().contains("associate_id"))
            numbers.insert(static_cast<std::uint64_t>(value.at("associate_id").as_int64()));
    }
    return numbers;
}

std::set<std::uint64_t> numbers_in_all(const fs::path& folder) {
    std::set<std::uint64_t> numbers;
    for (const auto& entry : fs::directory_iterator{folder})
        numbers.merge(numbers_in(entry.path()));
    return numbers;
}

/// Prepares and commits four records from this number on. A mark with its number follows each prepared one.
void write_records(AuditFile& file, DiskLog& log, std::uint64_t first) {
    for (auto number = first; number < first + 4; ++number) {
        const auto record = record_of(number);
        const auto ticket = file.prepare({&record, 1});
        REQUIRE(ticket.has_value());
        log.mark(number);
        file.conclude(*ticket, AuditOutcome::committed);
    }
}

/// Cuts the power of a log whose marks are the numbers of prepared records.
void cut_power_of(const std::vector<DiskCall>& calls) {
    std::set<std::uint64_t> prepared;
    ReplayedDisk disk;
    cut_power(
        disk, calls, power_cuts(400), [&](std::uint64_t number) { prepared.insert(number); },
        [&](const fs::path& left) -> std::string {
            const auto before = numbers_in_all(left);
            if (!std::includes(before.begin(), before.end(), prepared.begin(), prepared.end()))
                return "a prepared record is lost";
            const auto file = AuditFile::open(left / log_name, {.sync = true});
            if (!file)
                return "it doesn't open: " + file.error().message();
            const auto record = record_of(999);
            if (!(*file)->prepare({&record, 1}))
                return "it can't be written";
            if (!numbers_in(left / log_name).contains(999))
                return "a cut off line is glued to the next one";
            return before.size() + 1 == numbers_in_all(left).size() ? "" : "an earlier line is damaged";
        });
}

} // namespace

TEST_CASE("prepared records survive power cuts, and so do they in a rotation", "[audit_file][crash][power]") {
    const TemporaryFolder folder;
    DiskLog log{folder.path()};
    {
        const auto file = AuditFile::open(folder / log_name, {.sync = true}).value();
        for (std::uint64_t number = 0; number < rounds; number += 4) {
            write_records(*file, log, number);
            fs::rename(folder / log_name, folder / ("audit.jsonl." + std::to_string(number)).c_str());
            write_records(*file, log, 100 + number); // into the renamed file
            file->reopen();
        }
        write_records(*file, log, 200);
    }
    const auto again = AuditFile::open(folder / log_name, {.sync = true}).value();
    write_records(*again, log, 300);
    cut_power_of(log.take());
}

TEST_CASE("prepared records survive power cuts in a file that the rotation has made",
          "[audit_file][crash][power]") {
    const TemporaryFolder folder;
    const auto make = [&] {
        const int made = ::open((folder / log_name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        REQUIRE(made >= 0);
        ::close(made);
    };
    DiskLog log{folder.path()};
    make(); // by the operator, or by a process that was killed before it could sync the folder
    const auto file = AuditFile::open(folder / log_name, {.sync = true}).value();
    write_records(*file, log, 1);
    fs::rename(folder / log_name, folder / "audit.jsonl.1");
    make(); // logrotate's `create`
    file->reopen();
    write_records(*file, log, 10);
    cut_power_of(log.take());
}

} // namespace audit_power_cut_test
