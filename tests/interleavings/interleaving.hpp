#pragma once

#include <portrait/injection_point.hpp>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace portrait::testing {

/// Stops threads at injection points while it lives. One object at a time.
///
/// ```cpp
/// Interleaving order;
/// order.stop_at("cache/read");
/// std::thread reader{[&] { read(); }};
/// REQUIRE(order.wait_until_stopped("cache/read"));
/// write(); // overtakes the reader
/// order.go_on("cache/read");
/// reader.join();
/// ```
class Interleaving {
public:
    Interleaving() {
        injection_hook = [](std::string_view name) { state().come_to(std::string{name}); };
    }
    Interleaving(const Interleaving&) = delete;
    Interleaving& operator=(const Interleaving&) = delete;
    /// Lets all threads go on.
    ~Interleaving() {
        injection_hook = nullptr;
        const std::scoped_lock lock{state().mutex};
        for (auto& [name, point] : state().points)
            point = Point::passed;
        state().changed.notify_all();
    }

    /// The next thread that comes to this point stops there; later ones don't.
    void stop_at(const std::string& name) {
        const std::scoped_lock lock{state().mutex};
        state().points[name] = Point::armed;
    }

    /// False when no thread has come there for a minute.
    [[nodiscard]] bool wait_until_stopped(const std::string& name) {
        std::unique_lock lock{state().mutex};
        return state().changed.wait_for(lock, std::chrono::minutes{1},
                                        [&] { return state().points[name] == Point::occupied; });
    }

    void go_on(const std::string& name) {
        const std::scoped_lock lock{state().mutex};
        state().points[name] = Point::passed;
        state().changed.notify_all();
    }

private:
    enum class Point { passed, armed, occupied };

    /// Outlives the objects: a thread may come to a point while one ends.
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::map<std::string, Point> points;

        void come_to(const std::string& name) {
            std::unique_lock lock{mutex};
            auto& point = points[name];
            if (point != Point::armed)
                return;
            point = Point::occupied;
            changed.notify_all();
            changed.wait(lock, [&] { return point == Point::passed; });
        }
    };
    static State& state() {
        static State only;
        return only;
    }
};

} // namespace portrait::testing
