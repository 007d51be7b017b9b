#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/http/async_handle.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace async_handle_test {

using namespace portrait;
using namespace portrait::testing;
namespace net = boost::asio;

namespace {

/// Keeps tasks until the test runs them.
class KeptTasks final : public http::Executor {
public:
    bool execute(std::function<void()> task) override {
        tasks.push_back(std::move(task));
        return true;
    }
    void run() {
        for (auto& task : std::exchange(tasks, {}))
            task();
    }
    std::vector<std::function<void()>> tasks;
};

struct AsyncFixture : EndpointFixture {
    std::shared_ptr<KeptTasks> tasks = std::make_shared<KeptTasks>();
    http::Endpoint slow{service, std::make_shared<FixedAuthenticator>(), tasks, tasks};
    std::string picture = text_of(make_png());
    std::string basic = basic_authorization("tje0", "Tje0");

    http::RequestHead head(std::string_view method) const {
        http::RequestHead head{.method = method, .target = "/api/v1/Person/1/Image"};
        head.fields.push_back({"Authorization", basic});
        if (method == "PUT") {
            head.fields.push_back({"Content-Type", "image/png"});
            head.content_length = picture.size();
        }
        return head;
    }
};

} // namespace

TEST_CASE("async_handle calls back on the handler's executor, never inside the call", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    unsigned status = 0;
    http::async_handle(
        *fixture.endpoint, fixture.head("PUT"), ImageBytes{fixture.picture},
        net::bind_executor(context, [&](boost::system::error_code error, const http::Response& response) {
            CHECK_FALSE(error);
            status = response.status;
        }));
    CHECK(status == 0);
    context.run(); // the operation kept it busy
    CHECK(status == 200);
}

TEST_CASE("async_handle keeps its context running while the answer isn't there", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    unsigned status = 0;
    http::async_handle(
        fixture.slow, fixture.head("GET"), {},
        net::bind_executor(context, [&](boost::system::error_code, const http::Response& response) {
            status = response.status;
        }));
    CHECK(context.poll() == 0);
    CHECK_FALSE(context.stopped());
    fixture.tasks->run();
    context.run();
    CHECK(status == 404); // there is no picture yet
}

TEST_CASE("async_handle gives a future", "[http][async]") {
    AsyncFixture fixture;
    auto saved = http::async_handle(*fixture.endpoint, fixture.head("PUT"), ImageBytes{fixture.picture},
                                    net::use_future);
    CHECK(saved.get().status == 200);
    auto read = http::async_handle(*fixture.endpoint, fixture.head("GET"), {}, net::use_future);
    CHECK(read.get().body_text() == fixture.picture);
}

TEST_CASE("async_handle is awaited by coroutines", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    std::string read;
    net::co_spawn(
        context,
        [&]() -> net::awaitable<void> {
            const auto saved = co_await http::async_handle(*fixture.endpoint, fixture.head("PUT"),
                                                           ImageBytes{fixture.picture}, net::use_awaitable);
            CHECK(saved.status == 200);
            const auto response =
                co_await http::async_handle(*fixture.endpoint, fixture.head("GET"), {}, net::use_awaitable);
            read = response.body_text();
        },
        [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
    context.run();
    CHECK(read == fixture.picture);
}

TEST_CASE("a cancelled async_handle ends at once, and the save goes on", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    net::cancellation_signal cancel;
    std::vector<boost::system::error_code> errors;
    {
        // The texts of the head are destroyed before the work runs.
        const auto target = std::make_unique<std::string>("/api/v1/Person/1/Image");
        auto head = fixture.head("PUT");
        head.target = *target;
        http::async_handle(fixture.slow, head, ImageBytes{fixture.picture},
                           net::bind_cancellation_slot(
                               cancel.slot(), net::bind_executor(context, [&](boost::system::error_code error,
                                                                              const http::Response&) {
                                   errors.push_back(error);
                               })));
    }
    cancel.emit(net::cancellation_type::terminal);
    context.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front() == net::error::operation_aborted);

    fixture.tasks->run();
    context.restart();
    context.run();
    CHECK(errors.size() == 1); // the late answer is dropped
    CHECK(fixture.service->image(PersonId::from(1).value())->bytes.text() == fixture.picture);
}

TEST_CASE("cancelling an async_handle that has its answer changes nothing", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    net::cancellation_signal cancel;
    std::vector<boost::system::error_code> errors;
    http::async_handle(*fixture.endpoint, fixture.head("PUT"), ImageBytes{fixture.picture},
                       net::bind_cancellation_slot(
                           cancel.slot(), net::bind_executor(context, [&](boost::system::error_code error,
                                                                          const http::Response&) {
                               errors.push_back(error);
                           })));
    cancel.emit(net::cancellation_type::total);
    context.run();
    cancel.emit(net::cancellation_type::total);
    REQUIRE(errors.size() == 1);
    CHECK_FALSE(errors.front());
}

TEST_CASE("async_begin and async_finish are one request to a coroutine", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    std::string read;
    net::co_spawn(
        context,
        [&]() -> net::awaitable<void> {
            const auto put = std::make_shared<const http::RequestHead>(fixture.head("PUT"));
            auto begun = co_await http::async_begin(*fixture.endpoint, put, net::use_awaitable);
            REQUIRE(std::holds_alternative<http::Admission>(begun));
            auto admission = std::get<http::Admission>(std::move(begun));
            CHECK(admission.body_limit() >= fixture.picture.size());
            const auto saved = co_await http::async_finish(*fixture.endpoint, std::move(admission),
                                                           ImageBytes{fixture.picture}, net::use_awaitable);
            CHECK(saved.status == 200);
            const auto options = std::make_shared<const http::RequestHead>(fixture.head("OPTIONS"));
            const auto answered = co_await http::async_begin(*fixture.endpoint, options, net::use_awaitable);
            REQUIRE(std::holds_alternative<http::Response>(answered));
            CHECK(std::get<http::Response>(answered).status == 204);
        },
        [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
    context.run();
}

TEST_CASE("a host can read an answer where it becomes ready", "[http][async]") {
    AsyncFixture fixture;
    net::io_context context;
    const auto head = std::make_shared<const http::RequestHead>(fixture.head("GET"));
    std::optional<http::BeginOutcome> begun;
    http::async_begin(
        fixture.slow, head,
        net::bind_executor(context, [&](boost::system::error_code error, http::BeginOutcome outcome) {
            CHECK_FALSE(error);
            begun.emplace(std::move(outcome));
        }));
    CHECK_FALSE(begun); // posted, although the outcome was ready at once
    context.run();
    REQUIRE(begun);
    bool ready = false;
    unsigned status = 0;
    http::async_finish(fixture.slow, std::get<http::Admission>(*std::move(begun)), {},
                       net::bind_executor(context,
                                          [&](boost::system::error_code, const http::Response& response) {
                                              CHECK(ready);
                                              status = response.status;
                                          }),
                       [&](http::Response& response) {
                           CHECK(response.status == 404);
                           response.status = 503;
                           ready = true;
                       });
    fixture.tasks->run();
    CHECK(ready); // before the handler's turn
    CHECK(status == 0);
    context.restart();
    context.run();
    CHECK(status == 503);
}

TEST_CASE("a cancelled async_begin keeps its head for the endpoint", "[http][async]") {
    // Completes when the test calls it.
    class LateAuthenticator final : public http::Authenticator {
    public:
        void authenticate(http::Credentials, std::string_view,
                          std::function<void(http::AuthenticationOutcome)> done) override {
            waiting = std::move(done);
        }
        std::function<void(http::AuthenticationOutcome)> waiting;
    };
    AsyncFixture fixture;
    const auto authenticator = std::make_shared<LateAuthenticator>();
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{fixture.service, authenticator, executor, executor};
    net::io_context context;
    net::cancellation_signal signal;
    auto head = std::make_shared<const http::RequestHead>(fixture.head("GET"));
    const std::weak_ptr<const http::RequestHead> kept = head;
    boost::system::error_code error;
    http::async_begin(
        endpoint, std::move(head),
        net::bind_cancellation_slot(
            signal.slot(), net::bind_executor(context, [&](boost::system::error_code outcome,
                                                           const http::BeginOutcome&) { error = outcome; })));
    signal.emit(net::cancellation_type::terminal);
    context.run();
    CHECK(error == net::error::operation_aborted);
    CHECK_FALSE(kept.expired());
    std::exchange(authenticator->waiting, nullptr)(http::AuthenticationFailure{});
    CHECK(kept.expired());
}

TEST_CASE("a call that has completed when it returns need not be awaited", "[http][async]") {
    AsyncFixture fixture;
    const auto put = std::make_shared<const http::RequestHead>(fixture.head("PUT"));
    auto begun = http::start_begin(*fixture.endpoint, put);
    REQUIRE(begun.completed());
    CHECK_FALSE(begun.error());
    auto saved = http::start_finish(fixture.slow, std::get<http::Admission>(std::move(begun.value())),
                                    ImageBytes{fixture.picture});
    CHECK_FALSE(saved.completed());
    net::io_context context;
    bool posted = false;
    saved.async_wait(net::bind_executor(context, [&](boost::system::error_code error) {
        CHECK_FALSE(error);
        posted = true;
    }));
    fixture.tasks->run();
    CHECK(saved.completed());
    CHECK_FALSE(posted);
    context.run();
    CHECK(posted);
    CHECK(saved.value().status == 200);
}

TEST_CASE("start_next gives a body's pieces", "[http][async]") {
    class TwoPieces final : public http::BodyProducer {
    public:
        void next(std::function<void(result<Piece>)> done) override {
            done(count_ < 2 ? Piece{std::to_string(count_++)} : Piece{});
        }

    private:
        int count_ = 0;
    };
    net::io_context context;
    std::string text;
    net::co_spawn(
        context,
        [&]() -> net::awaitable<void> {
            const auto producer = std::make_shared<TwoPieces>();
            for (;;) {
                auto piece = http::start_next(producer);
                if (!piece.completed())
                    co_await piece.async_wait(net::use_awaitable);
                if (!*piece.value())
                    co_return;
                text += **piece.value();
            }
        },
        [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
    context.run();
    CHECK(text == "01");
}

} // namespace async_handle_test
