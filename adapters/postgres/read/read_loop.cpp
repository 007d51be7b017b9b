#include "read/read_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <future>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace portrait::postgres {
namespace {

constexpr std::chrono::milliseconds lane_opening_limit{2000};
constexpr std::chrono::milliseconds pause_after_failure{250};
constexpr unsigned most_repeats = 3;
/// libpq keeps its largest buffer, so a connection that has received more is replaced when it is idle.
constexpr std::size_t largest_kept_reply = std::size_t{16} << 20U;

int make_event() {
    const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0)
        throw std::system_error{errno, std::generic_category(), "eventfd"};
    return event;
}

} // namespace

ReadLoop::ReadLoop(Connector& connector, Settings settings)
    : connector_{connector}
    , settings_{settings}
    , wake_up_{make_event()}
    , lanes_(settings.connections)
    , thread_{[this] { loop(); }} {}

ReadLoop::~ReadLoop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    (void)::eventfd_write(wake_up_, 1);
    thread_.join();
    ::close(wake_up_);
}

void ReadLoop::submit(const Statement& statement, Parameters parameters, Done done) {
    const auto deadline = Deadline::clock::now() + settings_.limit;
    bool was_asleep = false;
    {
        const std::scoped_lock lock{mutex_};
        if (!stopping_ && submitted_.size() < settings_.most_waiting) {
            submitted_.push_back({&statement, std::move(parameters), std::move(done), deadline});
            done = nullptr;
            was_asleep = std::exchange(asleep_, false);
        }
    }
    if (done)
        return done(Error{errc::service_busy}.with_cause("too many reads wait for the database"));
    if (was_asleep) // otherwise the loop looks for more before it sleeps
        (void)::eventfd_write(wake_up_, 1);
}

result<Rows> ReadLoop::run(const Statement& statement, Parameters parameters) {
    std::promise<result<Rows>> promise;
    auto outcome = promise.get_future();
    submit(statement, std::move(parameters),
           [&promise](result<Rows> rows) { promise.set_value(std::move(rows)); });
    return outcome.get();
}

void ReadLoop::loop() {
    for (;;) {
        bool stopping = false;
        {
            const std::scoped_lock lock{mutex_};
            stopping = stopping_;
            std::move(submitted_.begin(), submitted_.end(), std::back_inserter(waiting_));
            submitted_.clear();
        }
        if (!waiting_.empty())
            open_lanes();
        distribute();
        const bool idle = waiting_.empty() && std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
                              return lane.under_way.empty();
                          });
        if (stopping && idle)
            return;
        wait();
        for (auto& lane : lanes_)
            if (lane.connection)
                serve(lane);
    }
}

// Connecting blocks for a short time; the other connections lead to the same server.
void ReadLoop::open_lanes() {
    for (auto& lane : lanes_) {
        const auto now = Deadline::clock::now();
        if (lane.connection || now < lane.open_at)
            continue;
        auto opened = connector_.open(now + lane_opening_limit);
        if (opened) {
            lane = {.connection = std::move(*opened)};
            lane.epoch = std::make_shared<const std::string>(lane.connection->epoch);
        } else {
            lane.open_at = Deadline::clock::now() + pause_after_failure;
            break;
        }
    }
    if (std::none_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane.connection != nullptr; }))
        fail_waiting();
}

void ReadLoop::fail_waiting() {
    const auto error = connector_.last_fault();
    for (auto& read : std::exchange(waiting_, {}))
        read.done(error);
}

void ReadLoop::distribute() {
    while (!waiting_.empty()) {
        const auto lane =
            std::min_element(lanes_.begin(), lanes_.end(), [](const auto& left, const auto& right) {
                return std::pair{!left.connection, left.under_way.size()} <
                       std::pair{!right.connection, right.under_way.size()};
            });
        if (!lane->connection || lane->under_way.size() >= settings_.depth)
            return;
        send(*lane);
    }
}

// Sends as many reads as the connection may have, as one group.
void ReadLoop::send(Lane& lane) {
    const auto share = (waiting_.size() + lanes_.size() - 1) / lanes_.size();
    for (std::size_t sent = 0; sent < share && lane.under_way.size() < settings_.depth; ++sent) {
        lane.under_way.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        const auto& read = lane.under_way.back();
        if (const auto queued = lane.connection->send(*read.statement, read.parameters); !queued)
            return end(lane, error_of(queued.error()));
    }
    if (const auto ended = lane.connection->end_group(); !ended)
        return end(lane, error_of(ended.error()));
    const auto flushed = lane.connection->flush();
    if (!flushed)
        return end(lane, error_of(flushed.error()));
    lane.all_sent = *flushed;
}

Deadline ReadLoop::next_deadline() const {
    auto next = Deadline::clock::now() + std::chrono::seconds{60};
    for (const auto& lane : lanes_)
        if (!lane.under_way.empty())
            next = std::min(next, lane.under_way.front().deadline);
    if (!waiting_.empty())
        next = std::min(next, waiting_.front().deadline);
    return next;
}

void ReadLoop::wait() {
    watched_.assign(1, {.fd = wake_up_, .events = POLLIN, .revents = 0});
    for (const auto& lane : lanes_)
        if (lane.connection)
            watched_.push_back({.fd = lane.connection->socket(),
                                .events = static_cast<short>(lane.all_sent ? POLLIN : POLLIN | POLLOUT),
                                .revents = 0});
    auto left = std::chrono::ceil<std::chrono::milliseconds>(next_deadline() - Deadline::clock::now());
    {
        const std::scoped_lock lock{mutex_};
        asleep_ = submitted_.empty();
        if (!asleep_)
            left = {};
    }
    (void)::poll(watched_.data(), watched_.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    {
        const std::scoped_lock lock{mutex_};
        asleep_ = false;
    }
    eventfd_t ignored = 0;
    if (watched_.front().revents != 0)
        (void)::eventfd_read(wake_up_, &ignored);
    const auto now = Deadline::clock::now();
    while (!waiting_.empty() && waiting_.front().deadline <= now) {
        auto read = std::move(waiting_.front());
        waiting_.pop_front();
        read.done(Error{errc::service_busy}.with_cause("the database is too slow"));
    }
}

void ReadLoop::serve(Lane& lane) {
    auto& connection = *lane.connection;
    if (!lane.all_sent) {
        const auto flushed = connection.flush();
        if (!flushed)
            return end(lane, error_of(flushed.error()));
        lane.all_sent = *flushed;
    }
    const auto received = connection.receive();
    take_replies(lane);
    if (!received || !connection.is_alive())
        return end(lane, received ? Error{errc::store_unreachable} : error_of(received.error()));
    if (!lane.under_way.empty() && lane.under_way.front().deadline <= Deadline::clock::now())
        return end(lane, Error{errc::store_unreachable}.with_cause("the database didn't answer in time"));
    if (lane.is_stale)
        return end(lane, Error{errc::store_unreachable});
    if (lane.under_way.empty() && lane.largest_reply > largest_kept_reply)
        lane = {};
}

void ReadLoop::take_replies(Lane& lane) {
    while (auto reply = lane.connection->next()) {
        if (reply->kind == Reply::Kind::end_of_group)
            continue;
        auto read = std::move(lane.under_way.front());
        lane.under_way.pop_front();
        if (reply->kind == Reply::Kind::rows) {
            lane.largest_reply = std::max(lane.largest_reply, reply->rows.memory());
            // The other end of a connection from before a promotion isn't the primary any more.
            lane.is_stale = lane.is_stale || !connector_.is_current(*lane.connection);
            if (!lane.is_stale) {
                reply->rows.set_epoch(lane.epoch);
                read.done(std::move(reply->rows));
                continue;
            }
        } else if (reply->kind == Reply::Kind::failed) {
            // A prepared statement of tables that have changed.
            const bool is_outdated = reply->failure.is_one_of({"0A000", "26000"});
            lane.is_stale = lane.is_stale || is_outdated;
            if (!is_outdated && !is_worth_a_retry(reply->failure)) {
                read.done(error_of(reply->failure));
                continue;
            }
        }
        repeat(std::move(read));
    }
}

void ReadLoop::repeat(Read read) {
    if (++read.repeated > most_repeats)
        return read.done(Error{errc::service_busy}.with_cause("a read failed several times"));
    waiting_.push_front(std::move(read));
}

// Reads change nothing, so they are sent again on another connection.
void ReadLoop::end(Lane& lane, const Error& error) {
    auto under_way = std::exchange(lane.under_way, {});
    lane = {};
    const auto now = Deadline::clock::now();
    while (!under_way.empty()) {
        auto read = std::move(under_way.back());
        under_way.pop_back();
        if (read.deadline <= now)
            read.done(error);
        else
            repeat(std::move(read));
    }
}

} // namespace portrait::postgres
