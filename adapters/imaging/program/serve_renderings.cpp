#include "program/serve_renderings.hpp"

#include "process/descriptor.hpp"
#include "process/messages.hpp"
#include "program/sandbox.hpp"

#include <portrait/version.hpp>

#include <fmt/format.h>

#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace portrait::imaging::process {
namespace {

/// Beside decoded pixels: libraries' data, codecs' buffers, the rendition.
constexpr std::uint64_t memory_beside_pixels = 256ULL << 20;

template<class Message>
std::optional<Message> receive() {
    Message message;
    ssize_t size = 0;
    do
        size = ::recv(messages_descriptor, &message, sizeof message, 0);
    while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(sizeof message) ? std::optional{message} : std::nullopt;
}

/// A server that isn't there any more ends this process by the other descriptor.
void send(const Answer& answer) {
    [[maybe_unused]] const auto ignored = ::send(messages_descriptor, &answer, sizeof answer, MSG_NOSIGNAL);
}

/// The stop of the request in work, asked for on a thread of its own.
class Stops {
public:
    std::stop_token begin(std::uint64_t number) {
        const std::lock_guard lock{mutex_};
        current_ = number;
        source_ = std::stop_source{};
        if (stopped_ == current_)
            source_.request_stop();
        return source_.get_token();
    }

    /// Ends the process with its server.
    [[noreturn]] void listen() {
        std::uint64_t number = 0;
        for (;;) {
            const auto size = ::read(control_descriptor, &number, sizeof number);
            if (size < 0 && errno == EINTR)
                continue;
            if (size != static_cast<ssize_t>(sizeof number))
                ::_exit(0);
            const std::lock_guard lock{mutex_};
            stopped_ = number;
            if (stopped_ == current_)
                source_.request_stop();
        }
    }

private:
    std::mutex mutex_;
    std::uint64_t current_ = 0;
    std::uint64_t stopped_ = 0;
    std::stop_source source_;
};

/// The picture, in the server's memory.
ImageBytes mapped_picture(std::uint64_t size) {
    if (size == 0)
        return {};
    void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, picture_descriptor, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc{};
    const std::shared_ptr<void> owner{memory, [size](void* mapped) { ::munmap(mapped, size); }};
    return ImageBytes{owner, std::span{static_cast<const std::byte*>(memory), size}};
}

Answer answer_of(const Error& error) {
    Answer answer{.kind = static_cast<std::uint8_t>(Answer::Kind::failed),
                  .rule = static_cast<int>(error.code())};
    answer.text.assign(error.message());
    answer.cause.assign(error.cause());
    if (error.limit()) {
        answer.has_limit = 1;
        answer.observed = error.observed().value_or(0);
        answer.limit = *error.limit();
    }
    return answer;
}

/// Asks the server whether a picture of that cost may be decoded now.
result<void> ask(const DecodingCost& cost) {
    send({.kind = static_cast<std::uint8_t>(Answer::Kind::cost), .bytes = cost.bytes});
    const auto verdict = receive<Verdict>();
    if (!verdict)
        ::_exit(0);
    return verdict->admitted ? result<void>{} : Error{errc::cancelled};
}

result<RenderedImage> made(const BoundedRenderer& renderer, const Request& request, std::stop_token stop) {
    switch (request.work) {
    case Request::Work::placeholder:
        return renderer.placeholder(request.placeholder, request.rendition, std::move(stop), ask);
    case Request::Work::convert:
        return renderer.convert({.bytes = mapped_picture(request.picture_bytes),
                                 .format = request.format,
                                 .limits = request.limits},
                                std::move(stop), ask);
    case Request::Work::render: break;
    }
    return renderer.render({.bytes = mapped_picture(request.picture_bytes),
                            .header = request.header,
                            .rendition = request.rendition,
                            .stop = std::move(stop)},
                           ask);
}

Answer answer_of(const result<RenderedImage>& image) {
    if (!image)
        return answer_of(image.error());
    if (!write_all(made_descriptor, image->bytes.view()))
        return answer_of(Error{errc::service_busy}.with_cause("No memory for a rendition"));
    return {.kind = static_cast<std::uint8_t>(Answer::Kind::made), .bytes = image->bytes.size()};
}

bool is_made(const Answer& answer) {
    return answer.kind == static_cast<std::uint8_t>(Answer::Kind::made);
}

/// Gives freed memory back to the machine, since other processes may need it next.
void trim_memory() {
#ifdef __GLIBC__
    constexpr std::size_t kept = std::size_t{16} << 20;
    if (::mallinfo2().fordblks > kept)
        ::malloc_trim(0);
#endif
}

[[noreturn]] void serve(const BoundedRenderer& renderer, std::string& unusable_profile) {
    Stops stops;
    std::jthread listener{[&] { stops.listen(); }};
    Answer ready{.kind = static_cast<std::uint8_t>(Answer::Kind::ready)};
    ready.text.assign(renderer.revision());
    send(ready);
    while (const auto request = receive<Request>()) {
        Answer answer;
        try {
            answer = answer_of(made(renderer, *request, stops.begin(request->number)));
        } catch (const std::bad_alloc&) {
            answer = answer_of(Error{errc::service_busy}.with_cause("No memory for a rendition"));
        }
        if (const auto reason = std::exchange(unusable_profile, {}); !reason.empty() && is_made(answer))
            answer.cause.assign(reason);
        send(answer);
        trim_memory();
    }
    ::_exit(0); // the listener and libvips' threads end with it
}

} // namespace

int serve_renderings(
    const std::function<std::unique_ptr<const BoundedRenderer>(RenderSettings)>& make_renderer) noexcept {
    // The server ends it by closing the pipe; a supervisor's signals to all processes come too early.
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        static_cast<void>(std::signal(number, SIG_IGN));
    const auto setup = receive<Setup>();
    if (!setup || setup->version.view() != PORTRAIT_VERSION) {
        send(answer_of(Error{errc::service_busy}.with_cause("it is of version " PORTRAIT_VERSION)));
        return 2;
    }
    std::string failure;
    try {
        std::string unusable_profile; // of the picture in work
        const auto renderer = make_renderer(
            {.jpeg_quality = setup->jpeg_quality,
             .png_compression = setup->png_compression,
             .gif_effort = setup->gif_effort,
             .max_decoded_bytes = setup->max_decoded_bytes,
             .max_frames = setup->max_frames,
             .max_scans = setup->max_scans,
             .time_limit = setup->time_limit,
             .convertible = setup->convertible,
             .on_unusable_profile = [&](std::string_view reason) { unusable_profile = reason; }});
        failure = enter_sandbox(
            {.most_memory = setup->max_decoded_bytes + memory_beside_pixels,
             .most_made_bytes = most_made_bytes(setup->max_decoded_bytes, setup->max_decoded_bytes)});
        if (failure.empty())
            serve(*renderer, unusable_profile);
    } catch (const std::exception& error) {
        failure = error.what();
    }
    send(answer_of(Error{errc::service_busy}.with_cause(failure)));
    return 1;
}

} // namespace portrait::imaging::process
