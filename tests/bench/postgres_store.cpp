// Calls PostgresImageStore for some seconds and prints the figures.
// usage: portrait_postgres_store CONNECTION SCHEMA CALL PERSONS BYTES SECONDS
//   CALL: fill (a picture for persons 1 to PERSONS), put, get or info (64 in flight)

#include "postgres_go.hpp"

#include <portrait/postgres/image_store.hpp>
#include <portrait/testing/store_commands.hpp>

#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>

namespace {

using namespace portrait;

constexpr int in_flight = 64;
constexpr std::uint32_t different_pictures = 16;

[[noreturn]] void fail(const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.message().c_str(), error.cause().c_str());
    std::exit(1);
}

/// Makes saves without making their pictures again.
class Saves {
public:
    explicit Saves(std::size_t bytes) {
        for (std::uint32_t seed = 0; seed < different_pictures; ++seed)
            commands_.push_back(
                testing::conformance::save_command(testing::conformance::person(1), seed, 0, bytes));
    }

    SaveImage of(std::int32_t person_id) {
        auto command = commands_[next_++ % commands_.size()];
        command.target = testing::conformance::person(person_id);
        return command;
    }

private:
    std::vector<SaveImage> commands_;
    std::atomic<std::size_t> next_{0};
};

std::int32_t random_person(std::int32_t persons) {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_int_distribution<std::int32_t>{1, persons}(random);
}

/// Keeps calls in flight: `start` is called with a function that has to be called at the end of its call.
class Flights {
public:
    using Start = std::function<void(std::function<void(const Error*)>)>;

    explicit Flights(Start start)
        : start_{std::move(start)} {}

    void launch() {
        {
            const std::scoped_lock lock{mutex_};
            ++flying_;
        }
        begin();
    }

    /// Called when a call has ended; true: another one follows.
    std::function<bool(Go::Clock::time_point)> land;

    void wait() {
        std::unique_lock lock{mutex_};
        landed_.wait(lock, [this] { return flying_ == 0; });
    }

private:
    void begin() {
        const auto at = Go::Clock::now();
        start_([this, at](const Error* error) {
            if (error != nullptr)
                fail(*error);
            if (land(at))
                return begin();
            const std::scoped_lock lock{mutex_};
            --flying_;
            landed_.notify_all();
        });
    }

    const Start start_;
    std::mutex mutex_;
    std::condition_variable landed_;
    int flying_ = 0;
};

template<class Value>
Completion<Value> completion_of(std::function<void(const Error*)> done) {
    return [done = std::move(done)](const result<Value>& outcome) {
        const auto error = outcome ? Error{} : outcome.error();
        done(outcome ? nullptr : &error);
    };
}

void fill(ImageStore& store, std::int32_t persons, std::size_t bytes) {
    Saves saves{bytes};
    std::atomic<std::int32_t> begun{0};
    Flights flights{[&](std::function<void(const Error*)> done) {
        store.submit(saves.of(std::min(++begun, persons)), completion_of<SavedImage>(std::move(done)));
    }};
    flights.land = [&](Go::Clock::time_point) { return begun < persons; };
    for (int count = 0; count < in_flight; ++count)
        flights.launch();
    flights.wait();
}

void measure(Flights& flights, double seconds) {
    Go go{seconds};
    flights.land = [&go](Go::Clock::time_point at) {
        go.count(at);
        return !go.is_over();
    };
    for (int count = 0; count < in_flight; ++count)
        flights.launch();
    go.run();
    flights.wait();
}

} // namespace

int main(int count, char** arguments) {
    if (count != 7) {
        std::fprintf(stderr, "usage: portrait_postgres_store CONNECTION SCHEMA CALL PERSONS BYTES SECONDS\n");
        return 2;
    }
    const std::string call = arguments[3];
    const auto persons = static_cast<std::int32_t>(std::atoi(arguments[4]));
    const auto bytes = static_cast<std::size_t>(std::atoll(arguments[5]));
    const double seconds = std::atof(arguments[6]);
    const auto opened =
        postgres::PostgresImageStore::open({.connection = arguments[1], .schema = arguments[2]});
    if (!opened)
        fail(opened.error());
    auto& store = **opened;
    if (call == "fill") {
        fill(store, persons, bytes);
    } else if (call == "put") {
        Saves saves{bytes};
        Flights flights{[&](std::function<void(const Error*)> done) {
            store.submit(saves.of(random_person(persons)), completion_of<SavedImage>(std::move(done)));
        }};
        measure(flights, seconds);
    } else if (call == "get") {
        Flights flights{[&](std::function<void(const Error*)> done) {
            store.fetch(testing::conformance::person(random_person(persons)),
                        completion_of<StoredImage>(std::move(done)));
        }};
        measure(flights, seconds);
    } else if (call == "info") {
        Flights flights{[&](std::function<void(const Error*)> done) {
            store.fetch_info(testing::conformance::person(random_person(persons)),
                             completion_of<ImageInfo>(std::move(done)));
        }};
        measure(flights, seconds);
    } else {
        std::fprintf(stderr, "portrait_postgres_store: unknown call %s\n", call.c_str());
        return 2;
    }
}
