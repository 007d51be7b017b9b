#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/secrets.hpp"

#include <portrait/http/executor.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace portrait::http::testing {

void Gate::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
}

void Gate::open() {
    const std::lock_guard lock{mutex_};
    closed_ = false;
    changed_.notify_all();
}

void Gate::pass() {
    std::unique_lock lock{mutex_};
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
    --held_;
}

void Gate::wait_for_held(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return held_ >= count; });
}

result<SavedImage> HeldStore::save(SaveImage command) {
    writes.pass();
    if (throws)
        throw std::runtime_error{"secret of the store"};
    ++saves;
    return store_.save(std::move(command));
}

result<StoredImage> HeldStore::image(ImageKey key) const {
    const_cast<Gate&>(reads)
        .pass(); // NOLINT(cppcoreguidelines-pro-type-const-cast): the gate changes no picture
    if (throws)
        throw std::runtime_error{"secret of the store"};
    return store_.image(key);
}

void HeldAuthenticator::authenticate(Credentials credentials, std::string_view /*remote_address*/,
                                     std::function<void(AuthenticationOutcome)> done) {
    const auto* basic = std::get_if<BasicCredentials>(&credentials);
    const bool known = basic != nullptr && basic->user == "tje0" && basic->password == "Tje0";
    auto answer = [known, done = std::move(done)] {
        if (known) {
            Principal principal;
            principal.name = "tje0";
            done(std::move(principal));
        } else {
            done(AuthenticationFailure{});
        }
    };
    {
        const std::lock_guard lock{mutex_};
        if (holding_) {
            held_.push_back(std::move(answer));
            changed_.notify_all();
            return;
        }
    }
    answer();
}

void HeldAuthenticator::hold() {
    const std::lock_guard lock{mutex_};
    holding_ = true;
}

void HeldAuthenticator::wait_for_held(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return held_.size() >= count; });
}

void HeldAuthenticator::release() {
    std::vector<std::function<void()>> answers;
    {
        const std::lock_guard lock{mutex_};
        holding_ = false;
        answers.swap(held_);
    }
    for (auto& answer : answers)
        answer();
}

RecordingLog::~RecordingLog() {
    for (const auto& secret : portrait::testing::secrets_in(text_))
        FAIL_CHECK("The log contains the secret " << secret);
}

void RecordingLog::event(Severity /*severity*/, std::string_view message, std::string_view /*request_id*/) {
    const std::lock_guard lock{mutex_};
    text_.append(message).append("\n");
}

void RecordingLog::access(const AccessRecord& record) {
    const std::lock_guard lock{mutex_};
    for (const auto part : {record.principal, record.application, record.path, record.trace_parent})
        text_.append(part).append("\n");
    accesses_.push_back({std::string{record.request_id}, std::string{record.remote_address},
                         std::string{record.principal}, std::string{record.application},
                         std::string{record.method}, std::string{record.path}, record.status,
                         record.request_bytes, record.response_bytes});
}

std::vector<LoggedAccess> RecordingLog::accesses() const {
    const std::lock_guard lock{mutex_};
    return accesses_;
}

bool eventually(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 30'000; ++attempt) {
        if (condition())
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return false;
}

ServerOptions test_options() {
    ServerOptions options;
    options.port = 0;
    options.threads = 2;
    return options;
}

RunningServer::RunningServer(ServerOptions options) {
    auto service = std::make_shared<PersonImageService>(store, std::make_shared<AnyPersonDirectory>());
    endpoint =
        std::make_shared<Endpoint>(std::move(service), authenticator, std::make_shared<WorkerPool>(2, 1000),
                                   std::make_shared<WorkerPool>(2, 1000), EndpointOptions{}, log);
    auto started = Server::start(endpoint, std::move(options), log);
    if (!started)
        throw std::runtime_error{started.error().message()};
    server = std::move(*started);
}

RunningServer::~RunningServer() {
    store->reads.open();
    store->writes.open();
    authenticator->release();
}

void RunningServer::put(int person, std::span<const std::byte> picture) const {
    const RawResponse response =
        portrait::testing::fetch(server->port(), "PUT", image_path(person), signed_in(), text_of(picture));
    if (response.status != 200) {
        throw std::runtime_error{"The status of PUT is " + std::to_string(response.status) + ": " +
                                 response.body};
    }
}

RawResponse RunningServer::get(int person) const {
    return portrait::testing::fetch(server->port(), "GET", image_path(person), signed_in());
}

bool RunningServer::still_serves() const {
    return portrait::testing::fetch(server->port(), "GET", "/healthz").status == 200;
}

void RunningServer::wait_for_no_connections() const {
    if (!eventually([&] { return server->statistics().connections == 0; }))
        throw std::runtime_error{"Connections are still open"};
}

RawFields signed_in(RawFields more) {
    more.emplace_back("Authorization", portrait::testing::basic_authorization("tje0", "Tje0"));
    return more;
}

std::string signed_in_request(std::string_view method, std::string_view target, RawFields more,
                              std::string_view body) {
    return portrait::testing::request_text(method, target, signed_in(std::move(more)), body);
}

std::string image_path(int person) {
    return "/api/v1/Person/" + std::to_string(person) + "/Image";
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; // NOLINT: bytes as text
}

} // namespace portrait::http::testing
