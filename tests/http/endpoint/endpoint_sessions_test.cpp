#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/session_fields.hpp"

#include <portrait/http/session_store.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace endpoint_sessions_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";

/// A store as over a network: it completes on its own thread, fails, or breaks its contract.
class RemoteSessions final : public http::SessionStore {
public:
    enum class Way { late, fails, throws, completes_twice, completes_and_throws };

    RemoteSessions() = default;
    RemoteSessions(const RemoteSessions&) = delete;
    RemoteSessions& operator=(const RemoteSessions&) = delete;
    ~RemoteSessions() override {
        for (auto& thread : threads_)
            thread.join();
    }

    void start(const http::SecretDigest& session, const http::Principal& principal,
               std::function<void(result<void>)> done) override {
        answer<void>(std::move(done), [this, session, principal](std::function<void(result<void>)> inner) {
            sessions_.start(session, principal, std::move(inner));
        });
    }
    void find(const http::SecretDigest& session,
              std::function<void(result<std::optional<http::Principal>>)> done) override {
        using Found = std::optional<http::Principal>;
        answer<Found>(std::move(done), [this, session](std::function<void(result<Found>)> inner) {
            sessions_.find(session, std::move(inner));
        });
    }
    void end(const http::SecretDigest& session, std::function<void(result<bool>)> done) override {
        answer<bool>(std::move(done), [this, session](std::function<void(result<bool>)> inner) {
            sessions_.end(session, std::move(inner));
        });
    }

    std::atomic<Way> way{Way::late};
    std::atomic<int> completed{0};

private:
    template<class Value, class Call>
    void answer(std::function<void(result<Value>)> done, const Call& call) {
        const auto counted = [this, done = std::move(done)](result<Value> value) {
            done(std::move(value));
            ++completed;
        };
        switch (way) {
        case Way::late:
            threads_.emplace_back([call, counted] {
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
                call(counted);
            });
            return;
        case Way::fails: return counted(Error{errc::service_busy});
        case Way::throws: throw std::runtime_error{"the store of sessions is away"};
        case Way::completes_twice: call(counted); return call(counted);
        case Way::completes_and_throws: call(counted); throw std::runtime_error{"after all"};
        }
    }

    http::MemorySessionStore sessions_{{}};
    std::vector<std::thread> threads_; // of one test's calls, which are sequential
};

struct Fixture : EndpointFixture {
    explicit Fixture(const std::shared_ptr<RemoteSessions>& remote)
        : EndpointFixture{options_with(remote)} {}

    static http::EndpointOptions options_with(const std::shared_ptr<RemoteSessions>& remote) {
        http::EndpointOptions options;
        options.session_store = remote;
        return options;
    }

    /// The fields of a write by a browser with a session.
    RawFields sign_in() const {
        const auto response = send(sign_in_request());
        REQUIRE(response.status == 204);
        auto fields = session_fields(response);
        fields.emplace_back("Authorization", "-");
        return fields;
    }

    static Request sign_in_request() {
        return {"POST",
                "/session",
                {{"Authorization", "-"}, {"Content-Type", "application/x-www-form-urlencoded"}},
                "user=tje0&password=Tje0"};
    }
};

/// A body without text.
std::string text(const Response& response) {
    return std::string{response.body_text()};
}

} // namespace

TEST_CASE("sessions can be in a store that completes later", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    const Fixture fixture{remote};
    auto browser = fixture.sign_in();
    CHECK(fixture.send({"GET", image_path, browser}).status == 404);
    auto with_type = browser;
    with_type.emplace_back("Content-Type", "image/png");
    CHECK(fixture.send({"PUT", image_path, with_type, text_of(make_png())}).status == 200);
    CHECK(text(fixture.send({"GET", "/session", browser})).find("tje0") != std::string::npos);
    CHECK(fixture.send({"DELETE", "/session", browser}).status == 204);
    CHECK(fixture.send({"GET", image_path, browser}).status == 401);
}

TEST_CASE("endpoints that share a store share sessions and XSRF values", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    const Fixture first{remote};
    const Fixture second{remote};
    auto browser = first.sign_in();
    browser.emplace_back("Content-Type", "image/png");
    CHECK(second.send({"PUT", image_path, browser, text_of(make_png())}).status == 200);
    CHECK(second.send({"DELETE", "/session", browser}).status == 204);
    CHECK(first.send({"PUT", image_path, browser, text_of(make_png())}).status == 401);
}

TEST_CASE("a store of sessions that fails is answered as its error has it", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    const Fixture fixture{remote};
    const auto browser = fixture.sign_in();
    const auto [way, status] =
        GENERATE(std::pair{RemoteSessions::Way::fails, 503U}, std::pair{RemoteSessions::Way::throws, 500U});
    remote->way = way;
    CHECK(fixture.send({"GET", image_path, browser}).status == status);
    CHECK(fixture.send({"GET", "/session", browser}).status == status);
    CHECK(fixture.send(Fixture::sign_in_request()).status == status);
    CHECK(fixture.send({"GET", image_path}).status == 404); // Basic needs no session
    remote->way = RemoteSessions::Way::late;
    CHECK(fixture.send({"GET", image_path, browser}).status == 404);
}

TEST_CASE("signing out fails when the store of sessions fails", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    const Fixture fixture{remote};
    const RawFields basic;
    const auto [way, status] =
        GENERATE(std::pair{RemoteSessions::Way::fails, 503U}, std::pair{RemoteSessions::Way::throws, 500U});
    remote->way = way;
    CHECK(fixture.send({"DELETE", "/session", basic}).status == status);
}

TEST_CASE("a store of sessions that misbehaves gets no request answered twice", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    const Fixture fixture{remote};
    const auto browser = fixture.sign_in();
    remote->way = GENERATE(RemoteSessions::Way::completes_twice, RemoteSessions::Way::completes_and_throws);
    for (const auto& request : {Request{"GET", image_path, browser}, Request{"GET", "/session", browser},
                                Fixture::sign_in_request(), Request{"DELETE", "/session", browser}}) {
        http::RequestHead head{.method = request.method, .target = request.target};
        for (const auto& [name, value] : request.fields)
            if (value != "-")
                head.fields.push_back({name, value});
        if (!request.body.empty())
            head.content_length = request.body.size();
        std::atomic<int> answers{0};
        fixture.endpoint->handle(head, ImageBytes{request.body}, [&](const Response& response) {
            ++answers;
            CHECK(response.status != 500);
        });
        CHECK(answers == 1);
    }
}

TEST_CASE("an endpoint waits for a store of sessions before it goes away", "[endpoint][session]") {
    const auto remote = std::make_shared<RemoteSessions>();
    auto fixture = std::make_unique<Fixture>(remote);
    const auto browser = fixture->sign_in();
    const auto before = remote->completed.load();
    http::RequestHead head{.method = "GET", .target = image_path};
    for (const auto& [name, value] : browser)
        if (value != "-")
            head.fields.push_back({name, value});
    std::atomic<int> answers{0};
    fixture->endpoint->handle(head, {}, [&](const Response&) { ++answers; });
    fixture.reset();
    CHECK(answers == 1);
    CHECK(remote->completed >= before);
}

} // namespace endpoint_sessions_test
