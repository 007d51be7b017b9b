#include "commit/committer.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <exception>
#include <future>
#include <random>
#include <utility>

namespace portrait::postgres {
namespace {

constexpr std::chrono::milliseconds reconnecting_limit{2000};
constexpr std::chrono::seconds transaction_limit{10};
constexpr std::chrono::milliseconds pause_between_questions{50};
constexpr unsigned most_attempts = 3;
constexpr unsigned most_lost_connections = 10;

std::uint64_t bytes_of(const Member& member) {
    const auto* const content = member.content();
    return content != nullptr ? content->bytes.size() : 0;
}

/// So that two servers whose batches have met don't meet again.
void pause_before_repetition(unsigned attempts) {
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> milliseconds{1, 10 * static_cast<int>(attempts)};
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds(random)});
}

Deadline latest_deadline(std::span<std::unique_ptr<Member>> members) {
    Deadline latest = Deadline::min();
    for (const auto& member : members)
        latest = std::max(latest, member->deadline);
    return latest;
}

} // namespace

Committer::Committer(Connector& connector, std::shared_ptr<AuditLog> audit, Settings settings)
    : connector_{connector}
    , audit_{std::move(audit)}
    , settings_{settings} {
    for (std::size_t made = 0; made < settings_.connections; ++made)
        threads_.emplace_back([this] { loop(); });
}

Committer::~Committer() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    submitted_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

result<void> Committer::writable() const {
    if (audit_)
        PORTRAIT_TRY(audit_->writable());
    if (auto refused = refusal())
        return *std::move(refused);
    return {};
}

CommitFigures Committer::figures() const {
    const std::scoped_lock lock{mutex_};
    return figures_;
}

// Without the database, writes would only fill the queue until their deadlines.
std::optional<Error> Committer::refusal() const {
    if (!connector_.is_reachable())
        return connector_.last_fault();
    if (unconfirmed_)
        return Error{errc::store_unreachable}.with_cause("no standby confirms commits");
    return std::nullopt;
}

void Committer::submit(std::unique_ptr<Member> member) {
    auto refused = refusal();
    if (!refused) {
        const std::scoped_lock lock{mutex_};
        const auto bytes = bytes_of(*member);
        if (waiting_.size() < settings_.most_waiting &&
            (waiting_bytes_ == 0 || waiting_bytes_ + bytes <= settings_.most_waiting_bytes)) {
            waiting_.push_back(std::move(member));
            waiting_bytes_ += bytes;
            return submitted_.notify_one();
        }
        refused = Error{errc::service_busy}.with_cause("too many writes wait for the database");
    }
    member->answer(&*refused);
}

result<void> Committer::run(std::function<attempt<void>(Connection&, Deadline)> statements) {
    std::promise<result<void>> promise;
    auto outcome = promise.get_future();
    {
        const std::scoped_lock lock{mutex_};
        tasks_.push_back({std::move(statements),
                          [&promise](result<void> done) { promise.set_value(std::move(done)); }, deadline()});
    }
    submitted_.notify_one();
    return outcome.get();
}

void Committer::submit(std::function<attempt<void>(Connection&, Deadline)> statements,
                       std::function<void(result<void>)> done) {
    auto refused = connector_.is_reachable() ? std::nullopt : std::optional{connector_.last_fault()};
    if (!refused) {
        const std::scoped_lock lock{mutex_};
        if (tasks_.size() < settings_.most_waiting) {
            tasks_.push_back({std::move(statements), std::move(done), deadline()});
            return submitted_.notify_one();
        }
        refused = Error{errc::service_busy}.with_cause("too many writes wait for the database");
    }
    done(*refused);
}

Members Committer::take_batch() {
    Members batch;
    std::uint64_t bytes = 0;
    while (!waiting_.empty() && batch.size() < settings_.largest_batch) {
        const auto next = bytes_of(*waiting_.front());
        if (!batch.empty() && bytes + next > settings_.most_batch_bytes)
            break;
        bytes += next;
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    waiting_bytes_ -= bytes;
    return batch;
}

void Committer::loop() {
    std::unique_ptr<Connection> connection;
    for (;;) {
        Members batch;
        std::optional<Task> task;
        {
            std::unique_lock lock{mutex_};
            submitted_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !tasks_.empty(); });
            if (!tasks_.empty()) {
                task = std::move(tasks_.front());
                tasks_.pop_front();
            } else if (!waiting_.empty()) {
                batch = take_batch();
            } else {
                return; // stopping
            }
        }
        if (task)
            run_task(connection, *task);
        else
            process(connection, batch);
    }
}

result<void> Committer::connect(std::unique_ptr<Connection>& connection, Deadline deadline) {
    if (connection && connection->is_alive() && connector_.is_current(*connection))
        return {};
    connection.reset();
    PORTRAIT_TRY_GET(opened,
                     connector_.open(std::min(deadline, Deadline::clock::now() + reconnecting_limit)));
    connection = std::move(opened);
    return {};
}

void Committer::run_task(std::unique_ptr<Connection>& connection, const Task& task) {
    result<void> outcome = Error{errc::store_unreachable};
    for (unsigned attempts = 0; attempts < most_attempts; ++attempts) {
        if (const auto connected = connect(connection, task.deadline); !connected) {
            outcome = connected;
            break;
        }
        const auto done = task.statements(*connection, task.deadline);
        if (done) {
            outcome = {};
            break;
        }
        outcome = error_of(done.error());
        if (!done.error().is_lost())
            connection.reset(); // perhaps in a transaction
        if (!done.error().is_lost() && !is_worth_a_retry(done.error()) && !is_outdated(done.error()))
            break;
    }
    task.done(std::move(outcome));
}

void Committer::answer_all(std::span<std::unique_ptr<Member>> members, const Error& error) {
    for (const auto& member : members)
        member->answer(&error);
}

void Committer::answer(std::span<std::unique_ptr<Member>> members, const BatchAttempt& ended) {
    const auto& refusals = ended.refusals();
    {
        const std::scoped_lock lock{mutex_};
        ++figures_.commits;
        figures_.largest_batch = std::max<std::uint64_t>(figures_.largest_batch, members.size());
        for (const auto& refusal : refusals)
            ++(refusal ? figures_.refused_writes : figures_.writes);
    }
    for (std::size_t index = 0; index < members.size(); ++index)
        members[index]->answer(refusals[index] ? &*refusals[index] : nullptr);
}

void Committer::process(std::unique_ptr<Connection>& connection, std::span<std::unique_ptr<Member>> members) {
    Error error;
    // An operator may end several connections after each other, which is no fault of the batch.
    const auto was_lost = [&error] { return error == errc::store_unreachable || error == errc::store_io; };
    for (unsigned attempts = 1; attempts <= (was_lost() ? most_lost_connections : most_attempts);
         ++attempts) {
        const auto deadline = latest_deadline(members);
        if (Deadline::clock::now() >= deadline)
            return answer_all(members, Error{errc::service_busy}.with_cause("the database is too slow"));
        if (const auto connected = connect(connection, deadline); !connected)
            return answer_all(members, connected.error());
        BatchAttempt batch{members, audit_.get()};
        auto end = batch.run(*connection, std::min(deadline, Deadline::clock::now() + transaction_limit));
        if (end == BatchAttempt::End::unknown) {
            const auto committed = find_out(connection, batch, deadline);
            if (!committed)
                return answer_all(members, batch.error());
            batch.conclude(*committed ? AuditOutcome::committed : AuditOutcome::failed);
            end = *committed ? BatchAttempt::End::committed : BatchAttempt::End::repeat;
        }
        if (end == BatchAttempt::End::committed)
            return answer(members, batch);
        if (end == BatchAttempt::End::failed)
            return answer_all(members, batch.error());
        error = batch.error();
        {
            const std::scoped_lock lock{mutex_};
            ++figures_.repeated_batches;
        }
        if (batch.is_fault_of_a_member())
            break;
        pause_before_repetition(attempts);
    }
    if (members.size() == 1)
        return answer_all(members, error);
    for (auto& member : members)
        process(connection, {&member, 1});
}

std::optional<bool> Committer::find_out(std::unique_ptr<Connection>& connection, BatchAttempt& lost,
                                        Deadline deadline) {
    {
        const std::scoped_lock lock{mutex_};
        ++figures_.lost_answers;
    }
    connection.reset();
    const auto is_stopping = [this] {
        const std::scoped_lock lock{mutex_};
        return stopping_;
    };
    // A process that ends doesn't wait for a database that may not come back: the outcome stays unknown.
    while (Deadline::clock::now() < deadline && !is_stopping()) {
        if (connect(connection, deadline))
            if (const auto committed = lost.is_committed(*connection, deadline))
                return committed;
        connection.reset();
        std::this_thread::sleep_for(pause_between_questions);
    }
    return std::nullopt;
}

} // namespace portrait::postgres
