#include "http/endpoint/endpoint_fixture.hpp"
#include "interleaving.hpp"
#include "support/catch.hpp"
#include "support/session_fields.hpp"

#include <portrait/http/session_store.hpp>

#include <atomic>
#include <thread>

namespace sessions_interleaving_test {

using namespace portrait;
using namespace portrait::testing;
using http::AuthenticationFailure;
using http::AuthenticationOutcome;
using http::Principal;

namespace {

/// Accepts every password of `anna` until she is revoked.
class RevocableAuthenticator final : public http::Authenticator {
public:
    void authenticate(http::Credentials, std::string_view,
                      std::function<void(AuthenticationOutcome)> done) override {
        done(outcome());
    }
    void revalidate(const Principal&, std::function<void(AuthenticationOutcome)> done) override {
        done(outcome());
    }

    std::atomic<bool> revoked{false};

private:
    AuthenticationOutcome outcome() const {
        if (revoked)
            return AuthenticationFailure{};
        return Principal{"anna", {.associate_id = 5, .name = "anna"}, true};
    }
};

struct Fixture {
    Fixture() {
        http::EndpointOptions options;
        options.session_store = sessions;
        const auto executor = std::make_shared<http::InlineExecutor>();
        const auto directory = std::make_shared<MemoryPersonDirectory>();
        directory->add(PersonId::from(1).value());
        endpoint = std::make_unique<http::Endpoint>(
            std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(), directory), users,
            executor, executor, std::move(options));
    }

    http::Response send(const std::string& method, const std::string& target, const RawFields& fields,
                        const std::string& body = {}) const {
        http::RequestHead head{.method = method, .target = target};
        for (const auto& [name, value] : fields)
            head.fields.push_back({name, value});
        head.content_length = body.size();
        return endpoint->handle(head, ImageBytes{body});
    }

    /// Signs in, with the fields of an earlier session or none; returns the new ones.
    RawFields sign_in(RawFields fields = {}) const {
        fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        const auto response = send("POST", "/session", fields, "user=anna&password=x");
        REQUIRE(response.status == 204);
        return session_fields(response);
    }

    /// Whether a read by the browser of a session is answered: the person has no picture.
    bool reads_with(const RawFields& session) const {
        const auto status = send("GET", "/api/v1/Person/1/Image", session).status;
        REQUIRE((status == 404 || status == 401));
        return status == 404;
    }

    std::shared_ptr<http::MemorySessionStore> sessions =
        std::make_shared<http::MemorySessionStore>(http::SessionOptions{});
    std::shared_ptr<RevocableAuthenticator> users = std::make_shared<RevocableAuthenticator>();
    std::unique_ptr<http::Endpoint> endpoint;
};

} // namespace

TEST_CASE("a sign-in overtakes a request of the session that it replaces", "[interleaving][http]") {
    const Fixture fixture;
    const auto old_session = fixture.sign_in();
    REQUIRE(fixture.reads_with(old_session));

    Interleaving order;
    order.stop_at("session/found");
    bool seen = false;
    std::thread request{[&] { seen = fixture.reads_with(old_session); }};
    const bool stopped = order.wait_until_stopped("session/found");
    const auto new_session = fixture.sign_in(old_session);
    order.go_on("session/found");
    request.join();
    REQUIRE(stopped);
    CHECK(seen); // as if it had come before the sign-in
    CHECK_FALSE(fixture.reads_with(old_session));
    CHECK(fixture.reads_with(new_session));
    CHECK(fixture.sessions->count() == 1);
}

TEST_CASE("a user who is revoked while the session is looked up is refused", "[interleaving][http]") {
    const Fixture fixture;
    const auto session = fixture.sign_in();

    Interleaving order;
    order.stop_at("session/found");
    bool seen = true;
    std::thread request{[&] { seen = fixture.reads_with(session); }};
    const bool stopped = order.wait_until_stopped("session/found");
    fixture.users->revoked = true;
    order.go_on("session/found");
    request.join();
    REQUIRE(stopped);
    CHECK_FALSE(seen);
    fixture.users->revoked = false;
    CHECK_FALSE(fixture.reads_with(session)); // the session ended with the refusal
    CHECK(fixture.sessions->count() == 0);
}

} // namespace sessions_interleaving_test
