#pragma once

#include "support/manual_clock.hpp"
#include "support/raw_http.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace portrait::testing {

/// Accepts `tje0` / `Tje0`, the read-only `reader` / `Reader`, the ticket `7T:good` and the token `8A:good`.
/// Completes at once.
class FixedAuthenticator final : public http::Authenticator {
public:
    void authenticate(http::Credentials credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        if (const auto* ticket = std::get_if<http::TicketCredentials>(&credentials); ticket != nullptr) {
            if (ticket->ticket == "7T:good")
                return done(http::Principal{"ticket", {.associate_id = 7, .name = "ticket"}, true});
            return done(http::AuthenticationFailure{});
        }
        if (const auto* bearer = std::get_if<http::BearerCredentials>(&credentials); bearer != nullptr) {
            if (bearer->token == "8A:good")
                return done(http::Principal{"program", {.associate_id = 8, .name = "program"}, true});
            return done(http::AuthenticationFailure{});
        }
        const auto& basic = std::get<http::BasicCredentials>(credentials);
        if (basic.user == "tje0" && basic.password == "Tje0")
            return done(
                http::Principal{"tje0", {.associate_id = 5, .name = "tje0", .full_name = "Terje"}, true});
        if (basic.user == "reader" && basic.password == "Reader")
            return done(http::Principal{"reader", {.associate_id = 6, .name = "reader"}, false});
        if (basic.user == "throw")
            throw std::runtime_error{"the directory of users is away"};
        if (basic.user == "busy")
            return done(http::AuthenticationFailure{
                http::AuthenticationFailure::Kind::busy, std::chrono::seconds{7}, {}});
        if (basic.user == "away")
            return done(http::AuthenticationFailure{http::AuthenticationFailure::Kind::unavailable,
                                                    std::chrono::seconds{3}, "no answer"});
        done(http::AuthenticationFailure{});
    }
};

/// Keeps the logged events.
class RecordingLog final : public http::Log {
public:
    void event(http::Severity, std::string_view message, std::string_view) override {
        const std::lock_guard lock{mutex_};
        events_.emplace_back(message);
    }
    void access(const http::AccessRecord&) override {}
    std::vector<std::string> events() const {
        const std::lock_guard lock{mutex_};
        return events_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> events_;
};

/// A request to an endpoint; owns the texts that its head views.
struct Request {
    std::string method = "GET";
    std::string target = "/api/v1/Person/1/Image";
    RawFields fields{};
    std::string body{};
};

inline Request get_picture(std::int32_t person) {
    return {.target = "/api/v1/Person/" + std::to_string(person) + "/Image"};
}

inline Request put_picture(std::int32_t person, std::string picture) {
    auto request = get_picture(person);
    request.method = "PUT";
    request.fields = {{"Content-Type", "image/png"}};
    request.body = std::move(picture);
    return request;
}

/// An endpoint over the memory store: persons 1 to 9, everything on the calling thread.
struct EndpointFixture {
    explicit EndpointFixture(http::EndpointOptions options = {}, Limits limits = {},
                             std::shared_ptr<ImageStore> used_store = nullptr)
        : store{used_store ? std::move(used_store) : std::make_shared<MemoryImageStore>()} {
        for (std::int32_t id = 1; id <= 9; ++id)
            directory->add(PersonId::from(id).value());
        service = std::make_shared<PersonImageService>(store, directory, limits, clock);
        auto executor = std::make_shared<http::InlineExecutor>();
        endpoint = std::make_unique<http::Endpoint>(service, std::make_shared<FixedAuthenticator>(), executor,
                                                    executor, options, log);
    }

    /// Sends the request with Basic tje0:Tje0 unless it has an Authorization (`-` for none).
    http::Response send(Request request) const {
        bool has_authorization = false;
        http::RequestHead head{.method = request.method, .target = request.target};
        for (const auto& [name, value] : request.fields) {
            has_authorization |= name == "Authorization";
            if (value != "-")
                head.fields.push_back({name, value});
        }
        const auto basic = basic_authorization("tje0", "Tje0");
        if (!has_authorization)
            head.fields.push_back({"Authorization", basic});
        if (!request.body.empty())
            head.content_length = request.body.size();
        return endpoint->handle(head, ImageBytes{request.body});
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<MemoryPersonDirectory> directory = std::make_shared<MemoryPersonDirectory>();
    std::shared_ptr<ImageStore> store;
    std::shared_ptr<RecordingLog> log = std::make_shared<RecordingLog>();
    std::shared_ptr<PersonImageService> service;
    std::unique_ptr<http::Endpoint> endpoint;
};

inline std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace portrait::testing
