// The endpoint behind cpp-httplib: a host with a thread per request and no Beast server.

#include <portrait/http/endpoint.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/portrait.hpp>

#include <httplib.h>

#include <charconv>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace {

namespace http = portrait::http;

/// One user, to keep the example short.
class OneUser final : public http::Authenticator {
public:
    void authenticate(http::Credentials credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        const auto* basic = std::get_if<http::BasicCredentials>(&credentials);
        if (basic != nullptr && basic->user == "ada" && basic->password == "lovelace")
            return done(http::Principal{"ada", {.associate_id = 1, .name = "ada"}, true});
        done(http::AuthenticationFailure{});
    }
};

http::RequestHead head_of(const httplib::Request& request) {
    http::RequestHead head{.method = request.method, .target = request.target};
    const bool to_head = request.method == "HEAD"; // cpp-httplib sets the length and omits the body
    if (to_head)
        head.method = "GET";
    for (const auto& [name, value] : request.headers) {
        // Skip the fields with addresses that cpp-httplib adds.
        if (name != "REMOTE_ADDR" && name != "REMOTE_PORT" && name != "LOCAL_ADDR" && name != "LOCAL_PORT" &&
            !(to_head && name == "Range"))
            head.fields.push_back({name, value});
    }
    if (const auto* length = head.find("Content-Length")) {
        std::uint64_t bytes = 0;
        if (std::from_chars(length->data(), length->data() + length->size(), bytes).ec == std::errc{})
            head.content_length = bytes;
    }
    head.chunked = head.find("Transfer-Encoding") != nullptr;
    head.remote_address = request.remote_addr;
    return head;
}

void answer(const http::Response& response, httplib::Response& out) {
    out.status = static_cast<int>(response.status);
    std::string type;
    for (const auto& field : response.fields) {
        if (field.name == "Content-Type")
            type = field.value;
        else
            out.set_header(std::string{field.name}, std::string{field.value});
    }
    const auto body = response.body_text();
    if (!type.empty() && body.empty())
        out.set_header("Content-Type", type);
    else if (!type.empty())
        out.set_content(body.data(), body.size(), type);
}

} // namespace

int main() {
    const auto service = std::make_shared<portrait::PersonImageService>(
        std::make_shared<portrait::MemoryImageStore>(), std::make_shared<portrait::AnyPersonDirectory>());
    // The request's thread does the work: cpp-httplib has a thread per request.
    const auto here = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{service, std::make_shared<OneUser>(), here, here};

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before the first thread starts: threads inherit the mask

    httplib::Server server;
    server.set_payload_max_length(static_cast<std::size_t>(service->limits().max_bytes) + 64ULL * 1024);
    const auto serve = [&endpoint](const httplib::Request& request, httplib::Response& response) {
        const_cast<httplib::Request&>(request).ranges.clear(); // portrait has applied the range already
        answer(endpoint.handle(head_of(request), portrait::ImageBytes::copy_of(request.body)), response);
    };
    constexpr const char* everything = "/api/.*";
    server.Get(everything, serve).Put(everything, serve).Post(everything, serve);
    server.Patch(everything, serve).Delete(everything, serve).Options(everything, serve);

    const int port = server.bind_to_any_port("127.0.0.1");
    if (port <= 0) {
        std::cerr << "httplib_host: no port can be bound\n";
        return 1;
    }
    std::cout << "http://127.0.0.1:" << port << '\n' << std::flush; // the reader may be a pipe
    std::thread accepting{[&server] { server.listen_after_bind(); }};
    int signal = 0;
    sigwait(&ends, &signal);
    server.stop();
    accepting.join();
    std::cout << "ended\n";
}
