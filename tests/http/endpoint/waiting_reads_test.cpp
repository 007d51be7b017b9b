#include "http/endpoint/endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// GETs of a picture that a store reads without a thread of the endpoint.
namespace waiting_reads_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// Answers reads when the test says so, as a database does.
class WaitingStore final : public ForwardingImageStore {
public:
    WaitingStore()
        : ForwardingImageStore{std::make_shared<MemoryImageStore>()} {}

    bool fetches_without_blocking() const noexcept override { return true; }
    void fetch(ImageKey key, Completion<StoredImage> completion) const override {
        waiting.emplace_back([this, key, completion = std::move(completion)] {
            completion(fault ? *fault : next().image(key));
        });
    }
    void fetch_info(ImageKey key, Completion<ImageInfo> completion) const override {
        waiting.emplace_back([this, key, completion = std::move(completion)] {
            completion(fault ? *fault : next().info(key));
        });
    }
    std::optional<StoredImage> cached_image(PersonId) const override { return std::nullopt; }
    std::optional<ImageInfo> cached_info(PersonId) const override { return std::nullopt; }

    /// Answers the reads that wait, and those that the answers begin.
    void answer() {
        while (!waiting.empty())
            for (const auto& read : std::exchange(waiting, {}))
                read();
    }

    mutable std::vector<std::function<void()>> waiting;
    std::optional<Error> fault;
};

struct NoExecutor final : http::Executor {
    bool execute(std::function<void()>) override {
        FAIL("a read that doesn't block needs no thread");
        return false;
    }
};

struct Fixture {
    Fixture() {
        directory->add(person);
        endpoint = std::make_unique<http::Endpoint>(
            std::make_shared<PersonImageService>(store, directory), std::make_shared<FixedAuthenticator>(),
            std::make_shared<NoExecutor>(), std::make_shared<http::InlineExecutor>());
    }

    /// Begins a GET; the answer comes when the store has answered.
    std::shared_ptr<std::optional<http::Response>> get(RawFields fields = {}, const std::string& query = {}) {
        const auto answer = std::make_shared<std::optional<http::Response>>();
        const auto target = "/api/v1/Person/1/Image" + query;
        const auto basic = basic_authorization("tje0", "Tje0");
        http::RequestHead head{.method = "GET", .target = target};
        head.fields.push_back({"Authorization", basic});
        for (const auto& [name, value] : fields)
            head.fields.push_back({name, value});
        endpoint->begin(head, [answer](http::BeginOutcome outcome) {
            answer->emplace(std::get<http::Response>(std::move(outcome)));
        });
        return answer;
    }

    const PersonId person = PersonId::from(1).value();
    std::shared_ptr<WaitingStore> store = std::make_shared<WaitingStore>();
    std::shared_ptr<MemoryPersonDirectory> directory = std::make_shared<MemoryPersonDirectory>();
    std::unique_ptr<http::Endpoint> endpoint;
};

} // namespace

TEST_CASE("many GETs wait for a store without a thread each", "[endpoint][store]") {
    Fixture fixture;
    const auto picture = make_png(5, 5, 1);
    PersonImageService{fixture.store, fixture.directory}.save(fixture.person, ImageBytes{picture}).value();
    std::vector<std::shared_ptr<std::optional<http::Response>>> answers;
    for (int request = 0; request < 100; ++request)
        answers.push_back(fixture.get());
    CHECK(fixture.store->waiting.size() == 100);
    for (const auto& answer : answers)
        CHECK_FALSE(answer->has_value());
    fixture.store->answer();
    for (const auto& answer : answers) {
        REQUIRE(answer->has_value());
        CHECK((*answer)->status == 200);
        CHECK((*answer)->body_text() == text_of(picture));
    }
    // A client that has the picture costs no read of the bytes.
    const auto known = fixture.get({{"If-None-Match", field(**answers[0], "ETag")}});
    CHECK(fixture.store->waiting.size() == 1);
    fixture.store->answer();
    CHECK((*known)->status == 304);
    const auto other = fixture.get({{"If-None-Match", "\"1.1.9\""}});
    fixture.store->answer();
    CHECK((*other)->status == 200);
    CHECK((*other)->body_text() == text_of(picture));
}

TEST_CASE("a GET that waits for a store gets its errors", "[endpoint][store]") {
    Fixture fixture;
    const auto none = fixture.get();
    fixture.store->answer();
    CHECK((*none)->status == 404);
    CHECK((*none)->rule == "image.none");
    fixture.store->fault = Error{errc::store_unreachable};
    for (const auto& fields : {RawFields{}, RawFields{{"If-None-Match", "\"1.1.1\""}}}) {
        const auto away = fixture.get(fields);
        fixture.store->answer();
        CHECK((*away)->status == 503);
        CHECK((*away)->rule == "store.unreachable");
        CHECK((*away)->find("Retry-After") != nullptr);
    }
}

} // namespace waiting_reads_test
