#include "fault.hpp"

#include "imaging/render/rendering.hpp"

#include <portrait/imaging/process_renderer.hpp>
#include <portrait/imaging/render_pool.hpp>
#include <portrait/testing/pictures.hpp>

#include <vips/vips8>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace process_renderer_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

std::string beside_this_test(const char* name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

RenderImage job_with(Fault fault) {
    return job_of(bytes_of(make_png(60, 40)),
                  {static_cast<std::uint32_t>(fault), {}, ImageFormat::png, Fit::inside});
}

RenderImage good_job() {
    return job_of(bytes_of(make_jpeg(64, 48)), {32, {}, ImageFormat::png, Fit::inside});
}

bool same_bytes(const ImageBytes& one, const ImageBytes& other) {
    return std::ranges::equal(one.view(), other.view());
}

/// A renderer whose processes have the faults of `Fault`.
class FaultyProcesses {
public:
    explicit FaultyProcesses(RenderSettings settings = {.max_decoded_bytes = 64ULL << 20, .time_limit = 10s})
        : renderer_{std::make_shared<ProcessRenderer>(
              std::move(settings),
              ProcessRendererOptions{.program = beside_this_test("portrait_faulty_render"),
                                     .on_ended = [this](std::string_view reason) {
                                         const std::lock_guard lock{mutex_};
                                         reasons_.emplace_back(reason);
                                     }})} {}

    std::shared_ptr<const ProcessRenderer> renderer() const { return renderer_; }
    std::vector<std::string> reasons() const {
        const std::lock_guard lock{mutex_};
        return reasons_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> reasons_;
    std::shared_ptr<ProcessRenderer> renderer_;
};

/// The processes that this one has started.
std::vector<pid_t> children() {
    std::vector<pid_t> found;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream file{task.path() / "children"};
        for (pid_t id = 0; file >> id;)
            found.push_back(id);
    }
    return found;
}

/// Whether its last thread ends within some seconds; until then its files are open.
bool has_ended(pid_t id) {
    const auto folder = std::filesystem::path{"/proc"} / std::to_string(id);
    for (int attempt = 0; attempt < 2000; ++attempt) {
        std::ifstream status{folder / "stat"};
        std::string number, name, state;
        if (!(status >> number >> name >> state))
            return true;
        std::error_code gone;
        if (state == "Z" &&
            std::distance(std::filesystem::directory_iterator{folder / "task", gone}, {}) <= 1)
            return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

} // namespace

TEST_CASE("a rendering process makes what the renderer makes in this one") {
    const VipsRenderer here;
    const ProcessRenderer there;
    CHECK(there.revision() == here.revision());
    for (const auto& picture : {make_png(300, 200), make_jpeg(640, 480), make_gif(50, 30), make_tiff(40, 30)})
        for (const auto format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif}) {
            const auto job = job_of(bytes_of(picture), {32, 32, format, Fit::cover});
            const auto expected = here.render(job);
            const auto made = there.render(job);
            REQUIRE(expected);
            REQUIRE(made);
            INFO(*made << ", " << made->bytes.size() << " bytes, " << expected->bytes.size()
                       << ", again equal here: " << same_bytes(expected->bytes, here.render(job)->bytes));
            CHECK(same_bytes(made->bytes, expected->bytes));
            CHECK(made->format == format);
            CHECK(made->width == expected->width);
            CHECK(made->height == expected->height);
        }
    const auto drawn = there.placeholder(Placeholder::no_photo, {.width = 64});
    REQUIRE(drawn);
    CHECK(same_bytes(drawn->bytes, here.placeholder(Placeholder::no_photo, {.width = 64})->bytes));
    CHECK(there.statistics().started == 1);
    CHECK(there.statistics().ended == 0);
}

TEST_CASE("a rendering process returns the renderer's errors") {
    const ProcessRenderer renderer{{.max_decoded_bytes = 1000, .max_frames = 2}};
    auto job = good_job();
    job.header.width = 64;
    const auto made = renderer.render(job);
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_too_costly);
    const auto here = VipsRenderer{{.max_decoded_bytes = 1000}}.render(job);
    REQUIRE_FALSE(here);
    CHECK(made.error().message() == here.error().message());
    CHECK(made.error().observed() == here.error().observed());
    CHECK(made.error().limit() == 1000);
    CHECK(renderer.statistics().ended == 0);
}

TEST_CASE("a rendering process decodes only what is admitted, and ends a rendering on request") {
    const ProcessRenderer renderer;
    std::uint64_t cost = 0;
    const auto refused = renderer.render(good_job(), [&](const DecodingCost& asked) -> result<void> {
        cost = asked.bytes;
        return Error{errc::service_busy, "Not now"};
    });
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::service_busy);
    CHECK(refused.error().message() == "Not now");
    CHECK(cost > 0);

    std::stop_source stop;
    auto job = job_of(bytes_of(make_png(4000, 4000)), {3000, {}, ImageFormat::gif, Fit::inside});
    job.stop = stop.get_token();
    const auto stopped = renderer.render(job, [&](const DecodingCost&) -> result<void> {
        stop.request_stop();
        return {};
    });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error() == errc::cancelled);
    CHECK(renderer.render(good_job()));
    CHECK(renderer.statistics().started == 1);
}

TEST_CASE("a rendition may have three colours for each grey that was decoded") {
    constexpr int side = 2500;
    const auto noise =
        vips::VImage::gaussnoise(side, side, vips::VImage::option()->set("mean", 128.0)->set("sigma", 60.0))
            .cast(VIPS_FORMAT_UCHAR)
            .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
    auto* const blob = noise.pngsave_buffer();
    std::size_t size = 0;
    const auto* const data = static_cast<const std::byte*>(vips_blob_get(blob, &size));
    std::vector<std::byte> png{data, data + size};
    vips_area_unref(VIPS_AREA(blob));
    constexpr std::array gamma{std::byte{0}, std::byte{0}, std::byte{0xC3}, std::byte{0x50}}; // 0.5
    const auto chunk = make_png_chunk("gAMA", gamma);
    constexpr std::ptrdiff_t head_end = 33;
    png.insert(png.begin() + head_end, chunk.begin(), chunk.end());

    const ProcessRenderer renderer;
    const auto made =
        renderer.render(job_of(bytes_of(std::move(png)), {side, {}, ImageFormat::png, Fit::inside}));
    REQUIRE(made);
    CHECK(made->bytes.size() > (std::size_t{1} << 20) + std::size_t{side} * side);
    CHECK(renderer.statistics().ended == 0);
}

TEST_CASE("a decoder that ends its process costs one picture its rendition") {
    struct Row {
        Fault fault;
        const char* reason;
    };
    const auto [fault, reason] =
        GENERATE(Row{Fault::bad_access, "Signal 11 ended it"}, Row{Fault::abort, "Signal 6 ended it"},
                 Row{Fault::exit, "It ended with status 7"},
                 Row{Fault::other_format, "Its rendition isn't of the format that was asked for"},
                 Row{Fault::other_rule, "It sent an answer that doesn't fit"},
                 Row{Fault::junk, "It sent an answer that doesn't fit"},
                 Row{Fault::short_answer, "It sent an answer of another size"},
                 Row{Fault::huge, "Its rendition is larger than its pixels may be"},
                 Row{Fault::made_twice, "It sent an answer that doesn't fit"});
    INFO(reason);
    const FaultyProcesses faulty;
    const auto made = faulty.renderer()->render(job_with(fault));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::image_corrupt);
    CHECK(made.error().message() == "The picture's pixels can't be decoded");
    CHECK(faulty.reasons() == std::vector<std::string>{reason});
    CHECK(faulty.renderer()->statistics().ended == 1);
    CHECK(faulty.renderer()->render(good_job()));
    CHECK(faulty.renderer()->statistics().started == 2);
}

TEST_CASE("a decoder that never ends costs one picture its rendition, after its time") {
    const FaultyProcesses faulty{{.time_limit = 200ms}};
    const auto began = std::chrono::steady_clock::now();
    const auto made = faulty.renderer()->render(job_with(Fault::endless_loop));
    CHECK(std::chrono::steady_clock::now() - began < 6s);
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_timed_out);
    CHECK(faulty.reasons() == std::vector<std::string>{"It took too long"});
    CHECK(faulty.renderer()->render(good_job()));
}

TEST_CASE("a decoder that takes all memory ends by itself") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    WARN("A sanitizer's memory can't be bounded");
#else
    const FaultyProcesses faulty;
    const auto made = faulty.renderer()->render(job_with(Fault::endless_memory));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::service_busy);
    CHECK(faulty.renderer()->render(good_job()));
    CHECK(faulty.renderer()->statistics().started == 1);
#endif
}

TEST_CASE("a decoder that a picture has taken over reaches nothing") {
    const FaultyProcesses faulty;
    const auto made = faulty.renderer()->render(job_with(Fault::escape));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::image_corrupt);
    CHECK(made.error().cause().empty());
    CHECK(faulty.reasons().empty()); // so that it was not ended by what it tried
    CHECK_FALSE(std::filesystem::exists("/tmp/portrait-escaped"));
}

TEST_CASE("crashing decoders end no other rendering of the pool") {
    const FaultyProcesses faulty;
    const RenderPool pool{faulty.renderer(), {.threads = 4}};
    std::atomic<int> good = 0;
    std::atomic<int> bad = 0;
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
        pool.submit(good_job(), [&](const auto& made) { good += made ? 1 : 0; });
        pool.submit(job_with(round % 2 == 0 ? Fault::bad_access : Fault::exit),
                    [&](const auto& made) { bad += !made && made.error() == errc::image_corrupt ? 1 : 0; });
    }
    CHECK(pool.render(good_job()));
    while (pool.statistics().rendered < 2 * rounds + 1)
        std::this_thread::sleep_for(1ms);
    CHECK(good == rounds);
    CHECK(bad == rounds);
    CHECK(faulty.renderer()->statistics().ended == rounds);
}

TEST_CASE("a process that is ended from outside while it waits costs nothing") {
    const auto others = children().size();
    const FaultyProcesses faulty;
    CHECK(faulty.renderer()->render(good_job()));
    const auto processes = children();
    REQUIRE(processes.size() == others + 1);
    for (const auto id : processes)
        ::kill(id, SIGKILL);
    for (const auto id : processes)
        REQUIRE(has_ended(id));
    CHECK(faulty.renderer()->render(good_job()));
    CHECK(faulty.renderer()->statistics().ended == 0);
    CHECK(faulty.reasons().empty());
}

TEST_CASE("the processes end with their renderer") {
    {
        const RenderPool pool{std::make_shared<ProcessRenderer>(), {.threads = 3}};
        CHECK(pool.render(good_job()));
        CHECK_FALSE(children().empty());
    }
    CHECK(children().empty());
}

TEST_CASE("a program that is no rendering process is refused by name") {
    for (const std::string program : {"/nowhere/portrait-render", "/bin/true", "/bin/cat"})
        CHECK_THROWS_WITH((ProcessRenderer{{}, {.program = program}}),
                          Catch::StartsWith(program + " can't be started: "));
    CHECK_THROWS_AS((ProcessRenderer{{.jpeg_quality = 0}}), std::invalid_argument);
}

} // namespace process_renderer_test
