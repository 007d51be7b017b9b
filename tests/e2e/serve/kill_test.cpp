#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include "segments/record.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace kill_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

constexpr int connections = 16;
constexpr int persons = 200;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

std::size_t size_of(std::uint32_t seed) {
    return 400 + seed % 12'000;
}

/// A picture with its seed in its bytes.
std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(size_of(seed), seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The expected picture of a person.
struct Known {
    std::optional<std::uint32_t> seed; ///< of the picture; absent: no picture
    std::int64_t blob_id = 0;          ///< 0: no blob
    bool in_doubt = false;             ///< the kill cut off the answer to the write of `seed_in_doubt`
    std::optional<std::uint32_t> seed_in_doubt; ///< absent: a DELETE
};

/// Faults and counts; thread-safe.
class Findings {
public:
    void lost(const std::string& what) { note(lost_, "lost: " + what); }
    void mixed(const std::string& what) { note(mixed_, "mixed: " + what); }
    void wrong(const std::string& what) { note(wrong_, "wrong: " + what); }
    void acknowledged() {
        const std::lock_guard lock{mutex_};
        ++acknowledged_;
    }
    /// Records the id of a new blob.
    void add_new_id(std::int64_t id) {
        bool reused = false;
        {
            const std::lock_guard lock{mutex_};
            reused = !ids_.insert(id).second;
        }
        if (reused)
            note(reused_, "reused id " + std::to_string(id));
    }

    void check() const {
        INFO(first_);
        CHECK(lost_ == 0);
        CHECK(mixed_ == 0);
        CHECK(reused_ == 0);
        CHECK(wrong_ == 0);
    }
    std::uint64_t all() const { return acknowledged_; }

private:
    void note(int& counter, const std::string& what) {
        const std::lock_guard lock{mutex_};
        ++counter;
        if (first_.empty())
            first_ = what;
    }

    std::mutex mutex_;
    std::string first_;
    std::set<std::int64_t> ids_;
    int lost_ = 0;
    int mixed_ = 0;
    int reused_ = 0;
    int wrong_ = 0;
    std::uint64_t acknowledged_ = 0;
};

/// One connection, and persons that no other connection writes, so that the order of their writes is known.
class Client {
public:
    Client(int index, Findings& findings)
        : findings_{findings}
        , random_{static_cast<std::uint32_t>(index + 1)}
        , next_seed_{static_cast<std::uint32_t>(index) * 100'000'000U} {
        for (int person = index + 1; person <= persons; person += connections)
            persons_.emplace_back(person, Known{});
    }

    /// Writes until the connection breaks.
    void write(std::uint16_t port) {
        try {
            RawConnection connection{port};
            for (;;)
                write_one(connection);
        } catch (const std::runtime_error&) {
            // The kill; the outcome of the last write is in doubt.
        }
    }

    /// Compares the server's pictures with the expected ones, and resolves the doubts.
    void compare(std::uint16_t port) {
        try {
            RawConnection connection{port};
            for (auto& [person, known] : persons_)
                compare_one(connection, person, known);
        } catch (const std::exception& error) {
            findings_.wrong(error.what());
        }
    }

    /// Returns the space of its persons' pictures.
    std::uint64_t live_bytes() const {
        std::uint64_t bytes = 0;
        for (const auto& [person, known] : persons_)
            if (known.seed)
                bytes += sqlite::range_length(size_of(*known.seed));
        return bytes;
    }

    /// Compares the store's pictures with the expected ones, without HTTP and with digests.
    void compare_stored(const ImageStore& store) {
        for (const auto& [person, known] : persons_) {
            const auto stored = store.image(PersonId::from(person).value());
            if (stored.has_value() != known.seed.has_value())
                findings_.lost("person " + std::to_string(person));
            else if (stored && (stored->info.digest != digest_of(stored->bytes.view()) ||
                                stored->info.size != stored->bytes.size() ||
                                stored->bytes.text() != picture(*known.seed)))
                findings_.mixed("person " + std::to_string(person));
        }
    }

private:
    void write_one(RawConnection& connection) {
        auto& [person, known] = persons_[random_() % persons_.size()];
        const bool erase = random_() % 5 == 0;
        const auto seed = next_seed_++;
        known.seed_in_doubt = erase ? std::nullopt : std::optional{seed};
        known.in_doubt = true;
        connection.send(erase ? request_text("DELETE", image_path(person), demo_user)
                              : request_text("PUT", image_path(person), demo_user, picture(seed)));
        const auto answer = connection.read_response();
        known.in_doubt = false;
        if (erase)
            return erased(answer, person, known);
        if (answer.status != 200)
            return findings_.wrong("PUT " + std::to_string(answer.status) + " " + answer.body);
        findings_.acknowledged();
        known.seed = seed;
        record_id(known, json::parse(answer.body).as_int64(), person);
    }

    void erased(const RawResponse& answer, int person, Known& known) {
        if (answer.status != 204)
            return findings_.wrong("DELETE of person " + std::to_string(person) + " gave " +
                                   std::to_string(answer.status));
        findings_.acknowledged();
        known.seed.reset();
        known.blob_id = 0;
    }

    void record_id(Known& known, std::int64_t id, int person) {
        if (known.blob_id == 0)
            findings_.add_new_id(id);
        else if (known.blob_id != id)
            findings_.wrong("person " + std::to_string(person) + "'s blob changed its id");
        known.blob_id = id;
    }

    void compare_one(RawConnection& connection, int person, Known& known) {
        connection.send(request_text("GET", image_path(person), demo_user));
        const auto image = connection.read_response();
        const auto name = "person " + std::to_string(person);
        if (image.status != 200 && image.status != 404)
            return findings_.lost(name + ": GET gave " + std::to_string(image.status) + " " + image.body);
        const bool is_old = is(image, known.seed);
        if (!is_old && !(known.in_doubt && is(image, known.seed_in_doubt)))
            return findings_.lost(name + " has neither of the pictures that may be there");
        if (!is_old) {
            // The kill was between the commit and its answer.
            known.seed = known.seed_in_doubt;
            if (!known.seed)
                known.blob_id = 0;
        }
        known.in_doubt = false;
        if (!known.seed)
            return;
        connection.send(request_text("GET", image_path(person) + "Info", demo_user));
        const auto answer = connection.read_response();
        if (answer.status != 200)
            return findings_.mixed(name + ": ImageInfo gave " + std::to_string(answer.status));
        const auto info = json::parse(answer.body).as_object();
        if (info.at("BlobSize") != image.body.size())
            findings_.mixed(name + ": ImageInfo tells another size");
        record_id(known, info.at("BlobId").as_int64(), person);
    }

    static bool is(const RawResponse& answer, const std::optional<std::uint32_t>& seed) {
        return seed ? answer.status == 200 && answer.body == picture(*seed) : answer.status == 404;
    }

    Findings& findings_;
    std::minstd_rand random_;
    std::uint32_t next_seed_;
    std::vector<std::pair<int, Known>> persons_;
};

class Clients {
public:
    explicit Clients(Findings& findings) {
        for (int index = 0; index < connections; ++index)
            clients_.emplace_back(index, findings);
    }
    ~Clients() { join(); }
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    void start(void (Client::*work)(std::uint16_t), std::uint16_t port) {
        for (auto& client : clients_)
            threads_.emplace_back([&client, work, port] { (client.*work)(port); });
    }
    void join() {
        for (auto& thread : threads_)
            thread.join();
        threads_.clear();
    }
    std::uint64_t live_bytes() const {
        std::uint64_t bytes = 0;
        for (const auto& client : clients_)
            bytes += client.live_bytes();
        return bytes;
    }
    void compare_stored(const ImageStore& store) {
        for (auto& client : clients_)
            client.compare_stored(store);
    }

private:
    std::vector<Client> clients_;
    std::vector<std::thread> threads_;
};

/// Returns the bytes of a file without its holes.
std::uint64_t data_bytes(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0; // unlinked after it was listed
    std::uint64_t bytes = 0;
    for (off_t begin = 0, end = 0; (begin = ::lseek(file, end, SEEK_DATA)) >= 0;) {
        end = ::lseek(file, begin, SEEK_HOLE);
        bytes += static_cast<std::uint64_t>(end - begin);
    }
    ::close(file);
    return bytes;
}

struct Space {
    std::uint64_t data = 0;
    std::uint64_t on_disk = 0;
    std::uint64_t files = 0;
};

Space space_of(const std::filesystem::path& pictures) {
    Space space;
    for (const auto& entry : std::filesystem::directory_iterator{pictures}) {
        std::error_code gone;
        if (!entry.exists(gone))
            continue;
        space.data += data_bytes(entry.path());
        try {
            space.on_disk += disk_usage(entry.path());
        } catch (const std::exception&) { // unlinked meanwhile
            continue;
        }
        ++space.files;
    }
    return space;
}

/// Whether only persons' pictures take space; waits for the reclaimer.
bool only_live_bytes_left(const std::filesystem::path& pictures, std::uint64_t live) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (;;) {
        const auto space = space_of(pictures);
        // The size of the data is exact; the file system's metadata of holes is no leak.
        if (space.data <= live && space.on_disk <= live + (space.files + 16) * 4096)
            return true;
        if (std::chrono::steady_clock::now() > until) {
            UNSCOPED_INFO("live " << live << ", data " << space.data << ", on disk " << space.on_disk);
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

int kill_count() {
    const char* const text = std::getenv("PORTRAIT_KILLS");
    return text == nullptr ? PORTRAIT_DEFAULT_KILLS : std::atoi(text);
}

} // namespace

TEST_CASE("after a kill -9 at any time nothing is lost, mixed, reused or leaked", "[e2e][crash]") {
    const TemporaryFolder folder;
    const ServerLaunch launch{.folder = folder.path(),
                              .arguments = server_arguments({"--demo", "--log-level", "warning"})};
    const auto pictures = folder / "portrait-data" / "pictures";
    Findings findings;
    Clients clients{findings};
    std::mt19937 random{20'240'517};
    const int kills = kill_count();
    for (int kill = 0; kill < kills; ++kill) {
        if (kill % 5 == 4) { // during the start, and so during the recovery
            ServerProcess server{launch};
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 40'000});
            server.kill();
            continue;
        }
        ServerProcess server{launch};
        const auto port = server.port();
        clients.start(&Client::compare, port);
        clients.join();
        CAPTURE(kill);
        findings.check();
        if (kill != 0)
            CHECK(only_live_bytes_left(pictures, clients.live_bytes()));
        clients.start(&Client::write, port);
        std::this_thread::sleep_for(std::chrono::microseconds{random() % 300'000});
        server.kill();
        clients.join();
    }
    {
        ServerProcess server{launch};
        clients.start(&Client::compare, server.port());
        clients.join();
        CHECK(only_live_bytes_left(pictures, clients.live_bytes()));
        CHECK(server.terminate().exit_code == 0);
    }
    const auto store = sqlite::SqliteImageStore::open({.folder = folder / "portrait-data"});
    REQUIRE(store.has_value());
    clients.compare_stored(**store);
    findings.check();
    CHECK(findings.all() > static_cast<std::uint64_t>(kills));
    WARN(kills << " kills, " << findings.all() << " acknowledged writes");
}

} // namespace kill_test
