#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/testing/hostile_pictures.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>

namespace hostile_pictures_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

namespace {

using Bytes = std::vector<std::byte>;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t memory_limit = 512 * mebibyte;
constexpr int clients = PORTRAIT_SANITIZED != 0 ? 2 : 4;
constexpr std::chrono::minutes patience{2};

const RawFields demo_user = as_demo_user();

std::string text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Returns the number of variants with flipped bits of each picture.
std::uint32_t variants_of_each() {
    const auto* const text = std::getenv("PORTRAIT_HOSTILE_VARIANTS");
    return text == nullptr ? PORTRAIT_DEFAULT_VARIANTS
                           : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// The server with a limit of its resident memory, that of its rendering processes included. Memory that is
/// reserved at the start and never used, such as the stacks of threads, doesn't count.
class ConfinedServer {
public:
    explicit ConfinedServer(std::vector<std::string> arguments)
        : process_{{.folder = folder_.path(), .arguments = server_arguments(std::move(arguments))}}
        , port_{process_.port()} {
        // The memory would include the sanitizer's.
        if (PORTRAIT_SANITIZED)
            return;
        const rlim_t most = process_.data_bytes() + memory_limit - process_.resident_bytes();
        const rlimit limit{most, most};
        REQUIRE(::prlimit(process_.id(), RLIMIT_DATA, &limit, nullptr) == 0);
    }

    std::uint16_t port() const { return port_; }

    /// Checks that the server is running and within its limit.
    void check() {
        if (!PORTRAIT_SANITIZED) {
            const auto peak = process_.peak_resident_bytes_of_all();
            CHECK(peak < memory_limit);
            WARN("peak of resident memory: " << peak / mebibyte << " MiB");
        }
        CHECK(fetch(port_, "GET", "/healthz").status == 200);
        const auto end = process_.terminate();
        CHECK(end.exit_code == 0);
        CHECK(end.signal == 0);
    }

private:
    TemporaryFolder folder_;
    ServerProcess process_;
    std::uint16_t port_;
};

/// The outcome of all requests; thread-safe.
class Findings {
public:
    void note(const std::string& request, unsigned status, const std::set<unsigned>& right,
              const std::string& of_what) {
        const std::lock_guard lock{*mutex_};
        ++answers_[request + " " + std::to_string(status)];
        if (right.count(status) == 0 && wrong_.size() < 20)
            wrong_.push_back(of_what + ": " + request + " was answered " + std::to_string(status));
    }
    void broken(const std::string& what) {
        const std::lock_guard lock{*mutex_};
        wrong_.push_back(what);
    }

    void check() {
        std::ostringstream all;
        for (const auto& [answer, count] : answers_)
            all << "  " << answer << ": " << count;
        WARN("answers:" << all.str());
        std::ostringstream first;
        for (const auto& what : wrong_)
            first << what << '\n';
        INFO(first.str());
        CHECK(wrong_.empty());
    }

    /// Returns the number of requests with an answer, such as "GET 200".
    std::size_t count(const std::string& answer) const {
        const auto found = answers_.find(answer);
        return found == answers_.end() ? 0 : found->second;
    }

private:
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::map<std::string, std::size_t> answers_;
    std::vector<std::string> wrong_;
};

/// A client that opens a new connection when the server closes the old one at its limit of requests.
class Client {
public:
    explicit Client(std::uint16_t port)
        : port_{port} {}

    unsigned ask(std::string_view method, const std::string& target, const std::string& body = {}) {
        if (!connection_)
            connection_.emplace(port_, "127.0.0.1", patience);
        auto fields = demo_user;
        if (!body.empty())
            fields.emplace_back("Content-Type", "application/octet-stream");
        connection_->send(request_text(method, target, fields, body));
        const auto answer = connection_->read_response();
        if (answer.field("Connection") == "close")
            connection_.reset();
        return answer.status;
    }

private:
    std::uint16_t port_;
    std::optional<RawConnection> connection_;
};

struct Job {
    std::string name;
    std::function<Bytes()> make;
    std::set<unsigned> put{200, 400, 422};
    std::set<unsigned> get{200, 422, 503}; ///< of a stored picture
    std::set<unsigned> get_gif = get;      ///< of the picture as a GIF
};

/// Puts a picture, gets it in several sizes and types, and removes it.
void send(Client& client, int person, const Job& job, Findings& findings) {
    const auto path = image_path(person);
    const auto put = client.ask("PUT", path, text_of(job.make()));
    findings.note("PUT", put, job.put, job.name);
    const std::set<unsigned> none{404};
    for (const char* const query : {"?w=40", "?h=24&type=gif", "?w=16&h=16&type=jpeg", "?type=png"}) {
        // As a PNG in its own size a hostile picture may be as large as it claims, which is rendered
        // correctly and slowly; this test is for the other sizes.
        if (query == std::string_view{"?type=png"} && job.name.find("damaged") == std::string::npos)
            continue;
        const bool as_gif = std::string_view{query}.find("gif") != std::string_view::npos ||
                            (job.name.find("gif") == 0 && query == std::string_view{"?w=40"});
        findings.note("GET", client.ask("GET", path + query),
                      put != 200 ? none
                      : as_gif   ? job.get_gif
                                 : job.get,
                      job.name + query);
    }
    findings.note("DELETE", client.ask("DELETE", path), {204}, job.name);
}

/// Sends all jobs, divided among the clients. With `each`, every client sends all jobs, beginning at
/// different ones.
void send_all(std::uint16_t port, const std::vector<Job>& jobs, bool each, Findings& findings) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client)
        threads.emplace_back([&, client] {
            try {
                Client own_client{port};
                const auto start = jobs.size() * static_cast<std::size_t>(client) / clients;
                for (std::size_t own = 0;; ++own) {
                    const auto number = each ? own : next++;
                    if (number >= jobs.size())
                        return;
                    const auto& job = jobs[(each ? start + number : number) % jobs.size()];
                    send(own_client, 100 + client, job, findings);
                }
            } catch (const std::exception& error) {
                findings.broken(error.what());
            }
        });
    for (auto& thread : threads)
        thread.join();
}

/// A client that gets good pictures during the attack.
class Witness {
public:
    explicit Witness(std::uint16_t port)
        : client_{port} {
        REQUIRE(client_.ask("PUT", image_path(1), text_of(make_png(300, 200))) == 200);
        get("");
        get("?w=100");
        REQUIRE(failures_ == 0);
    }

    double p99_of_idle() {
        for (int count = 0; count < 300; ++count)
            get_once();
        return take_p99();
    }

    /// Sends requests until the work on another thread has ended.
    template<class Work>
    double p99_while(const Work& work) {
        std::atomic<bool> ended{false};
        std::thread other{[&] {
            work();
            ended = true;
        }};
        while (!ended)
            get_once();
        other.join();
        return take_p99();
    }

    int failures() const { return failures_; }

private:
    void get_once() {
        get(++turn_ % 2 == 0 ? "" : "?w=100");
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }

    void get(const std::string& query) {
        const auto begin = Clock::now();
        try {
            failures_ += client_.ask("GET", image_path(1) + query) == 200 ? 0 : 1;
        } catch (const std::exception&) {
            ++failures_;
        }
        times_.push_back(std::chrono::duration<double, std::milli>{Clock::now() - begin}.count());
    }

    double take_p99() {
        auto times = std::exchange(times_, {});
        std::sort(times.begin(), times.end());
        return times.empty() ? 0 : times[times.size() * 99 / 100];
    }

    Client client_;
    std::vector<double> times_;
    unsigned turn_ = 0;
    int failures_ = 0;
};

/// Sends all jobs while a witness gets good pictures.
Findings attack(ConfinedServer& server, const std::vector<Job>& jobs, bool each) {
    Witness witness{server.port()};
    const auto idle = witness.p99_of_idle();
    Findings findings;
    const auto attacked = witness.p99_while([&] { send_all(server.port(), jobs, each, findings); });
    findings.check();
    CHECK(witness.failures() == 0);
    WARN("p99 of honest GETs: " << idle << " ms before, " << attacked << " ms during the attack");
    server.check();
    return findings;
}

Job named(HostilePicture picture, std::set<unsigned> put, std::set<unsigned> get) {
    return {std::string{name_of(picture)}, [picture] { return make_hostile_picture(picture); },
            std::move(put), std::move(get)};
}

/// Returns five pictures of real encoders, one of each type and two JPEGs.
std::map<std::string, Bytes> real_pictures() {
    const TemporaryFolder folder;
    const auto in_folder = "cd '" + folder.path().string() + "' && ";
    REQUIRE(
        std::system((in_folder + "convert -seed 7 -size 97x61 plasma:tomato-steelblue -depth 8 "
                                 "-write baseline.jpg '(' +clone -interlace JPEG -write progressive.jpg ')' "
                                 "'(' -clone 0 -colors 60 -interlace PNG -write PNG8:palette.png ')' "
                                 "'(' -clone 0 -compress lzw -write lzw.tif ')' -delete 0--1 "
                                 "'(' -seed 8 -size 97x61 plasma:navy-orange ')' '(' +clone -roll +20+0 ')' "
                                 "-set dispose background -set delay 10 -loop 0 animated.gif")
                        .c_str()) == 0);
    std::map<std::string, Bytes> pictures;
    for (const char* const name :
         {"baseline.jpg", "progressive.jpg", "palette.png", "lzw.tif", "animated.gif"}) {
        std::ifstream file{folder / name, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        REQUIRE_FALSE(text.empty());
        const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
        pictures.emplace(name, Bytes{begin, begin + text.size()});
    }
    return pictures;
}

} // namespace

/// The answers of a server with default limits to PUT, and to GET in another size and type.
struct Expected {
    HostilePicture picture;
    unsigned put = 0;
    unsigned get = 0;
    unsigned get_gif = get; ///< an animation is refused as a GIF; otherwise its first frame is rendered
};

constexpr std::array<Expected, all_hostile_pictures.size()> expected_answers{{
    {HostilePicture::png_claim, 422, 404},
    {HostilePicture::png_bomb, 422, 404},
    {HostilePicture::png_bomb_in_limits, 200, 200},
    {HostilePicture::png_profile_bomb, 200, 200},
    {HostilePicture::png_text_bomb, 200, 200},
    {HostilePicture::png_many_chunks, 422, 404},
    {HostilePicture::gif_many_frames, 200, 200, 422},
    {HostilePicture::gif_large_frames, 200, 200, 422},
    {HostilePicture::gif_bomb, 200, 422},
    {HostilePicture::tiff_overlapping_strips, 200, 200},
    {HostilePicture::tiff_lzw_bomb, 200, 200},
    {HostilePicture::tiff_deflate_bomb, 200, 422},
    {HostilePicture::tiff_many_pages, 200, 200},
    {HostilePicture::tiff_endless_pages, 422, 404},
    {HostilePicture::tiff_far_strips, 200, 200}, // blank, as of a file cut off before its pixels
    {HostilePicture::tiff_tall_tiles, 200, 200},
    {HostilePicture::tiff_wide_claim, 200, 422},
    {HostilePicture::jpeg_many_scans, 200, 422},
    {HostilePicture::jpeg_claim, 422, 404},
    {HostilePicture::jpeg_much_metadata, 200, 200},
    {HostilePicture::jpeg_profile_parts, 200, 200},
}};

TEST_CASE("hostile pictures get their expected answers within the limit of memory, while others are served",
          "[e2e][hostile]") {
    const std::string isolation = GENERATE("none", "process");
    INFO("isolation: " << isolation);
    ConfinedServer server{{"--demo", "--log-level", "error", "--render-isolation", isolation}};
    std::vector<Job> jobs;
    for (const auto& [picture, put, get, get_gif] : expected_answers) {
        jobs.push_back(named(picture, {put}, {get}));
        jobs.back().get_gif = {get_gif};
    }
    REQUIRE(jobs.size() == all_hostile_pictures.size());
    attack(server, jobs, true);
}

TEST_CASE("without a limit of pixels, pictures are refused before they are decoded", "[e2e][hostile]") {
    const std::string isolation = GENERATE("none", "process");
    INFO("isolation: " << isolation);
    ConfinedServer server{
        {"--demo", "--log-level", "error", "--max-pixels", "10000000000", "--render-isolation", isolation}};
    std::vector<Job> jobs;
    for (const auto picture : {HostilePicture::png_claim, HostilePicture::png_bomb, HostilePicture::gif_bomb,
                               HostilePicture::tiff_deflate_bomb})
        jobs.push_back(named(picture, {200}, {422}));
    attack(server, jobs, true);
}

TEST_CASE("truncated and damaged pictures get their expected answers, while others are served",
          "[e2e][hostile]") {
    const std::string isolation = GENERATE("none", "process");
    INFO("isolation: " << isolation);
    ConfinedServer server{{"--demo", "--log-level", "error", "--render-isolation", isolation}};
    const auto pictures = real_pictures();
    std::vector<Job> jobs;
    for (const auto& [name, bytes] : pictures) {
        for (unsigned part = 0; part <= 64; ++part)
            jobs.push_back({name + " damaged: " + std::to_string(part) + "/64",
                            [&bytes = bytes, part] { return make_cut_off(bytes, part); }});
        for (std::uint32_t variant = 0; variant < variants_of_each(); ++variant)
            jobs.push_back({name + " damaged: variant " + std::to_string(variant),
                            [&bytes = bytes, variant] { return make_damaged(bytes, variant); }});
    }
    const auto findings = attack(server, jobs, false);
    // Otherwise every upload would have been refused, and no decoder tested.
    CHECK(findings.count("PUT 200") > 0);
    CHECK(findings.count("PUT 422") > 0);
    CHECK(findings.count("GET 200") > 0);
}

} // namespace hostile_pictures_test
