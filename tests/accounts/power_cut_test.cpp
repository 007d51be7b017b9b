#include "sqlite/faults/faulty_disk.hpp"
#include "sqlite/faults/power_cuts.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/known_callers.hpp>
#include <portrait/accounts/token_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace accounts_power_cut_test {

using namespace portrait;
using namespace portrait::http;
using namespace portrait::testing;
namespace fs = std::filesystem;

namespace {

const std::string hash = "$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK";
constexpr std::size_t cuts = 300;

UserEntry user_of(std::string name, std::string full_name) {
    UserEntry user;
    user.name = std::move(name);
    user.password_hash = hash;
    user.full_name = std::move(full_name);
    return user;
}

TokenEntry token_of(std::string name) {
    TokenEntry token;
    token.name = std::move(name);
    return token;
}

/// The text of a file; empty when there is none.
std::string text_of(const fs::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator{stream}, {}};
}

using Change = std::function<void(const fs::path& file)>;

/// Makes changes of a file, and cuts the power: the file has the text before or after the change that was
/// under way, and of each change that had returned. Then the last change works.
void cut_power_of(const char* name, const std::vector<Change>& changes) {
    const TemporaryFolder folder;
    const auto file = folder / name;
    std::vector<std::string> texts{""};
    DiskLog log{folder.path()};
    for (const auto& change : changes) {
        log.mark(2 * texts.size());
        change(file);
        log.mark(2 * texts.size() + 1);
        texts.push_back(text_of(file));
    }
    const auto calls = log.take();
    std::vector<std::string> allowed{""};
    ReplayedDisk disk;
    cut_power(
        disk, calls, power_cuts(cuts),
        [&](std::uint64_t number) {
            if (number % 2 == 1)
                allowed.clear();
            allowed.push_back(texts.at(number / 2));
        },
        [&](const fs::path& left) -> std::string {
            const auto text = text_of(left / name);
            if (std::find(allowed.begin(), allowed.end(), text) == allowed.end())
                return "the file has neither the old text nor the new one: " + text;
            changes.back()(left / name);
            return "";
        });
}

void remember(const fs::path& file, const std::string& name) {
    const auto counter = std::make_shared<MemorySignInCounter>(SignInLimits{});
    const auto kept = KnownCallersFile::open(file, sha256("a key"), counter).value();
    counter->succeeded({.network = "192.0.2.1", .name = name});
}

} // namespace

TEST_CASE("a users file has the old text or the new one after a power cut", "[accounts][crash][power]") {
    const auto save = [](std::string name, std::string full_name) -> Change {
        return [user = user_of(std::move(name), std::move(full_name))](const fs::path& file) {
            CHECK(save_user(file, user).has_value());
        };
    };
    cut_power_of("users", {save("anna", "Anna Ask"), save("bert", std::string(200, 'b')),
                           save("anna", std::string(250, 'a')), save("carl", "")});
}

TEST_CASE("a token file has the old text or the new one after a power cut", "[accounts][crash][power]") {
    const Change add = [](const fs::path& file) { CHECK(add_token(file, token_of("crm")).has_value()); };
    const Change revoke = [](const fs::path& file) {
        const auto tokens = list_tokens(file);
        REQUIRE(tokens.has_value());
        CHECK((tokens->empty() || revoke_token(file, tokens->front().id).value()));
    };
    cut_power_of("tokens", {add, add, add, revoke, revoke, add, revoke});
}

TEST_CASE("a key file and a file of known callers survive power cuts", "[accounts][crash][power]") {
    const Change open_key = [](const fs::path& file) { CHECK(open_key_file(file).has_value()); };
    cut_power_of("sign-in.key", {open_key, open_key});
    cut_power_of("known-callers", {[](const fs::path& file) { remember(file, "anna"); },
                                   [](const fs::path& file) { remember(file, "bert"); },
                                   [](const fs::path& file) { remember(file, "carl"); }});
}

// As when the process is killed before it could sync the folder: the next one reads the new text.
TEST_CASE("what a file is reported to have without a change survives power cuts",
          "[accounts][crash][power]") {
    const TemporaryFolder folder;
    const auto tokens = folder / "tokens";
    const auto key_file = folder / "sign-in.key";
    const auto id = add_token(tokens, token_of("crm")).value().description.id;
    ReplayedDisk disk;
    disk.load(folder.path());
    DiskLog log{folder.path()};
    {
        const FaultyDisk broken{FaultyDisk::Call::sync, folder.path().filename(), EIO};
        CHECK(revoke_token(tokens, id).error() == errc::store_io);
        CHECK(open_key_file(key_file).error() == errc::store_io);
    }
    CHECK_FALSE(revoke_token(tokens, id).value()); // already gone
    const auto key = open_key_file(key_file).value();
    log.mark(1);
    bool reported = false;
    cut_power(
        disk, log.take(), power_cuts(cuts), [&](std::uint64_t) { reported = true; },
        [&](const fs::path& left) -> std::string {
            if (reported && !list_tokens(left / "tokens").value().empty())
                return "a token is back that was reported as gone";
            const auto found = open_key_file(left / "sign-in.key");
            if (!found || (reported && *found != key))
                return "there is another key than the one that was returned";
            return "";
        });
}

} // namespace accounts_power_cut_test
