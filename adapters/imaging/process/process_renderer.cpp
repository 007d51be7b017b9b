#include <portrait/imaging/process_renderer.hpp>

#include "process/rendering_process.hpp"
#include "render/settings.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

/// Throws `std::runtime_error` if there is none.
std::string found_program() {
    std::error_code failed;
    const auto running = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
    const auto beside = running / "portrait-render";
    const auto installed = running.parent_path() / PORTRAIT_PROGRAM_FOLDER / "portrait-render";
    for (const auto& path : {beside, installed})
        if (::access(path.c_str(), X_OK) == 0)
            return path;
    throw std::runtime_error{
        fmt::format("The program portrait-render, which renders pictures, is neither {} nor {}",
                    beside.string(), installed.string())};
}

} // namespace

class ProcessRenderer::State {
public:
    using Process = process::RenderingProcess;
    using Request = process::Request;

    State(RenderSettings settings, ProcessRendererOptions options)
        : settings_{checked(std::move(settings))}
        , options_{std::move(options)} {
        if (options_.program.empty())
            options_.program = found_program();
        auto first = start();
        if (!first)
            throw std::runtime_error{
                fmt::format("{} can't be started: {}", options_.program, first.error().cause())};
        revision_ = (*first)->revision();
        idle_.push_back(*std::move(first));
    }

    const RenderSettings& settings() const noexcept { return settings_; }
    std::string_view revision() const noexcept { return revision_; }

    ProcessRendererStatistics statistics() const {
        const std::lock_guard lock{mutex_};
        return statistics_;
    }

    [[nodiscard]] result<RenderedImage> make(const Request& request, std::span<const std::byte> picture,
                                             std::stop_token stop, const Admit& admit) {
        try {
            auto process = idle_one();
            if (!process)
                return process.error();
            auto made = (*process)->make(request, picture, std::move(stop), admit);
            give_back(*std::move(process));
            if (!made)
                return made.error();
            if (!made->unusable_profile.empty())
                report_profile(made->unusable_profile);
            return std::move(made->image);
        } catch (const std::bad_alloc&) {
            return Error{errc::service_busy}.with_cause("No memory for a rendition");
        }
    }

private:
    [[nodiscard]] result<std::unique_ptr<Process>> start() {
        auto process = Process::start(options_.program, settings_);
        const std::lock_guard lock{mutex_};
        statistics_.started += process ? 1 : 0;
        return process;
    }

    [[nodiscard]] result<std::unique_ptr<Process>> idle_one() {
        while (auto process = taken())
            if (process->is_waiting())
                return process;
        return start();
    }

    /// Null if none is idle.
    std::unique_ptr<Process> taken() {
        const std::lock_guard lock{mutex_};
        if (idle_.empty())
            return nullptr;
        auto process = std::move(idle_.back());
        idle_.pop_back();
        return process;
    }

    void give_back(std::unique_ptr<Process> process) {
        const auto ended = process->ended();
        {
            const std::lock_guard lock{mutex_};
            statistics_.ended += ended ? 1 : 0;
            if (!ended)
                idle_.push_back(std::move(process));
        }
        if (ended && options_.on_ended)
            options_.on_ended(*ended);
    }

    void report_profile(std::string_view reason) {
        {
            const std::lock_guard lock{mutex_};
            if (std::exchange(profile_reported_, true))
                return;
        }
        if (settings_.on_unusable_profile)
            settings_.on_unusable_profile(reason);
    }

    const RenderSettings settings_;
    ProcessRendererOptions options_;
    std::string revision_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Process>> idle_;
    ProcessRendererStatistics statistics_;
    bool profile_reported_ = false;
};

ProcessRenderer::ProcessRenderer(RenderSettings settings, ProcessRendererOptions options)
    : state_{std::make_unique<State>(std::move(settings), std::move(options))} {}

ProcessRenderer::~ProcessRenderer() = default;

std::string_view ProcessRenderer::revision() const noexcept {
    return state_->revision();
}

result<RenderedImage> ProcessRenderer::render(const RenderImage& job, const Admit& admit) const {
    return state_->make(
        {.work = process::Request::Work::render, .header = job.header, .rendition = job.rendition},
        job.bytes.view(), job.stop, admit);
}

result<RenderedImage> ProcessRenderer::placeholder(Placeholder kind, const Rendition& rendition,
                                                   std::stop_token stop, const Admit& admit) const {
    return state_->make(
        {.work = process::Request::Work::placeholder, .rendition = rendition, .placeholder = kind}, {},
        std::move(stop), admit);
}

ConvertibleFormats ProcessRenderer::convertible() const noexcept {
    return state_->settings().convertible;
}

result<RenderedImage> ProcessRenderer::convert(const UploadedImage& upload, std::stop_token stop,
                                               const Admit& admit) const {
    return state_->make(
        {.work = process::Request::Work::convert, .format = upload.format, .limits = upload.limits},
        upload.bytes.view(), std::move(stop), admit);
}

ProcessRendererStatistics ProcessRenderer::statistics() const {
    return state_->statistics();
}

} // namespace portrait::imaging
