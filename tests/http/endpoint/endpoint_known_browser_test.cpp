#include "callers/known_browser.hpp"
#include "endpoint_fixture.hpp"
#include "support/catch.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace endpoint_known_browser_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// Accepts the password "right" of anybody, and keeps whether the last browser was known.
class AnyUser final : public http::Authenticator {
public:
    void authenticate(http::Credentials credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        const auto& basic = std::get<http::BasicCredentials>(credentials);
        was_known = basic.known_browser;
        if (basic.password != "right")
            return done(http::AuthenticationFailure{});
        done(http::Principal{.name = basic.user, .actor = {.associate_id = 1, .name = basic.user}});
    }

    bool was_known = false;
};

struct Site {
    explicit Site(http::EndpointOptions options = {}) {
        const auto executor = std::make_shared<http::InlineExecutor>();
        const auto service = std::make_shared<PersonImageService>(std::make_shared<MemoryImageStore>(),
                                                                  std::make_shared<MemoryPersonDirectory>());
        endpoint = std::make_unique<http::Endpoint>(service, users, executor, executor, std::move(options));
    }

    /// The cookie's value, after a sign-in by the form or by Basic; empty when there is none.
    std::string sign_in(const std::string& user, const std::string& password, const std::string& cookie,
                        bool by_basic = false) const {
        const auto form = by_basic ? std::string{} : "user=" + user + "&password=" + password;
        const auto basic = basic_authorization(user, password);
        const auto cookies = "x=y; PORTRAIT_KNOWN=" + cookie;
        http::RequestHead head{.method = "POST", .target = "/session"};
        if (by_basic)
            head.fields.push_back({"Authorization", basic});
        else
            head.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        if (!cookie.empty())
            head.fields.push_back({"Cookie", cookies});
        head.content_length = form.size();
        const auto response = endpoint->handle(head, ImageBytes{form});
        constexpr std::string_view name = "PORTRAIT_KNOWN=";
        for (const auto& field : response.fields)
            if (field.value.starts_with(name))
                return std::string{field.value.substr(name.size(), field.value.find(';') - name.size())};
        return {};
    }

    bool knows(const std::string& user, const std::string& cookie, bool by_basic = false) const {
        (void)sign_in(user, "wrong", cookie, by_basic);
        return users->was_known;
    }

    std::shared_ptr<AnyUser> users = std::make_shared<AnyUser>();
    std::unique_ptr<http::Endpoint> endpoint;
};

} // namespace

TEST_CASE("a browser from which a user has signed in is known for that user alone",
          "[endpoint][known_browser]") {
    const Site site;
    CHECK(site.sign_in("anna", "wrong", {}).empty());
    const auto cookie = site.sign_in("anna", "right", {});
    CHECK_FALSE(site.users->was_known);
    REQUIRE_FALSE(cookie.empty());
    for (const bool by_basic : {false, true}) {
        CHECK(site.knows("anna", cookie, by_basic));
        CHECK_FALSE(site.knows("bert", cookie, by_basic));
        CHECK_FALSE(site.knows("anna", cookie.substr(1), by_basic));
        CHECK_FALSE(site.knows("anna", {}, by_basic));
        CHECK_FALSE(site.knows("anna", cookie + "; PORTRAIT_KNOWN=planted", by_basic));
    }
    CHECK_FALSE(site.sign_in("anna", "right", {}, true).empty());
    // A request with Basic may carry it, too.
    const auto basic = basic_authorization("anna", "right");
    const auto cookies = "PORTRAIT_KNOWN=" + cookie;
    http::RequestHead head{.method = "GET", .target = "/api/v1"};
    head.fields.push_back({"Authorization", basic});
    head.fields.push_back({"Cookie", cookies});
    CHECK(site.endpoint->handle(head).status == 200);
    CHECK(site.users->was_known);
}

TEST_CASE("browsers stay known where the key stays", "[endpoint][known_browser]") {
    http::EndpointOptions options;
    options.known_browser_key = http::sha256("the key of this cluster");
    const auto cookie = Site{options}.sign_in("anna", "right", {});
    CHECK(Site{options}.knows("anna", cookie));
    CHECK_FALSE(Site{}.knows("anna", cookie));
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto value = [&](std::chrono::hours from_now) {
        return http::known_browser_value(*options.known_browser_key, "anna", now + from_now);
    };
    CHECK(Site{options}.knows("anna", value(std::chrono::hours{1})));
    CHECK_FALSE(Site{options}.knows("anna", value(std::chrono::hours{-1}))); // expired
}

} // namespace endpoint_known_browser_test
