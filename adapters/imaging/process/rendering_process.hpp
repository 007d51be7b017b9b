#pragma once

#include "process/descriptor.hpp"
#include "process/messages.hpp"

#include <portrait/imaging/bounded_renderer.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace portrait::imaging::process {

/// One rendering process, as its server sees it. One thread at a time.
class RenderingProcess {
public:
    /// Starts the program and waits until it is ready. Errors: `service_busy`, with a cause.
    [[nodiscard]] static result<std::unique_ptr<RenderingProcess>> start(const std::string& program,
                                                                         const RenderSettings& settings);
    RenderingProcess(const RenderingProcess&) = delete;
    RenderingProcess& operator=(const RenderingProcess&) = delete;
    /// Ends the process.
    ~RenderingProcess();

    const std::string& revision() const noexcept { return revision_; }

    struct Made {
        RenderedImage image;
        std::string unusable_profile; ///< the reason why one was ignored; empty: none was
    };
    /// Makes what is asked for, whose number and size of the picture are filled in here.
    [[nodiscard]] result<Made> make(Request request, std::span<const std::byte> picture, std::stop_token stop,
                                    const BoundedRenderer::Admit& admit);

    /// Whether it waits for a request: an idle process may have been ended from outside.
    bool is_waiting() const noexcept;
    /// Why it can't be used any more; nothing while it can.
    const std::optional<std::string>& ended() const noexcept { return ended_; }

private:
    explicit RenderingProcess(const RenderSettings& settings);

    [[nodiscard]] result<void> spawn(const std::string& program);
    [[nodiscard]] result<void> set_up(const RenderSettings& settings);
    [[nodiscard]] result<Made> answer(const Request& request, const BoundedRenderer::Admit& admit);
    [[nodiscard]] result<Made> made(const Answer& answer, const Request& request, std::uint64_t admitted);
    [[nodiscard]] result<Answer> receive();
    bool send(std::span<const std::byte> message);
    /// Ends the process, and returns the error of the request that it was working on. Without a reason it has
    /// ended by itself, and its status is the reason.
    Error fail(errc code, std::string reason);
    Error broken(std::string reason = {});
    void end() noexcept;

    std::chrono::milliseconds time_limit_;
    std::uint64_t max_decoded_bytes_;
    pid_t id_ = -1;
    int status_ = 0; ///< of `waitpid`, once the process has ended
    Descriptor messages_;
    Descriptor control_;
    Descriptor picture_;
    Descriptor made_;
    std::uint64_t number_ = 0;
    std::string revision_;
    std::optional<std::string> ended_;
};

} // namespace portrait::imaging::process
