#include "staff_server.hpp"

#include <portrait/http/async_handle.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <string>
#include <utility>

namespace net = boost::asio;
namespace beast = boost::beast;
using Request = beast::http::request<beast::http::string_body>;
using Answer = beast::http::response<beast::http::string_body>;

namespace {

constexpr std::string_view mount = "/pictures";

// The route of the existing service.
Answer staff_answer(const Staff& staff, const Request& request) {
    Answer answer{beast::http::status::not_found, request.version()};
    answer.set(beast::http::field::content_type, "text/plain; charset=utf-8");
    answer.body() = "no such colleague\n";
    std::string_view target{request.target().data(), request.target().size()};
    constexpr std::string_view route = "/staff/";
    int number = 0;
    if (target.starts_with(route)) {
        target.remove_prefix(route.size());
        const auto parsed = std::from_chars(target.data(), target.data() + target.size(), number);
        const auto colleague = staff.find(number);
        if (parsed.ec == std::errc{} && parsed.ptr == target.data() + target.size() &&
            colleague != staff.end()) {
            answer.result(beast::http::status::ok);
            answer.body() = colleague->second.name + "\n";
        }
    }
    return answer;
}

// Converts Beast's head to portrait's: views, without copies.
portrait::http::RequestHead head_of(const Request& request, std::string_view remote_address) {
    portrait::http::RequestHead head;
    head.method = request.method_string();
    head.target = request.target().substr(mount.size());
    for (const auto& field : request)
        head.fields.push_back({field.name_string(), field.value()});
    if (request.has_content_length())
        head.content_length = request.body().size();
    head.chunked = request.chunked();
    head.remote_address = remote_address;
    return head;
}

net::awaitable<Answer> picture_answer(const StaffService& service, Request& request,
                                      std::string_view remote) {
    const auto head = head_of(request, remote);
    portrait::ImageBytes body{std::move(request.body())}; // moved, not copied
    const auto response =
        co_await portrait::http::async_handle(service.pictures, head, std::move(body), net::use_awaitable);

    Answer answer;
    answer.version(request.version());
    answer.result(response.status);
    for (const auto& field : response.fields)
        answer.insert(beast::string_view{field.name.data(), field.name.size()}, field.value);
    answer.body() = response.body_text();
    if (const auto length = response.length())
        answer.content_length(*length);
    answer.keep_alive(!response.close);
    co_return answer;
}

bool is_mounted(const Request& request) {
    const auto target = request.target();
    return target.starts_with(mount) && target.substr(mount.size()).starts_with('/');
}

net::awaitable<void> serve_connection(net::ip::tcp::socket socket,
                                      std::shared_ptr<const StaffService> service) {
    beast::tcp_stream stream{std::move(socket)};
    beast::flat_buffer buffer;
    beast::error_code error;
    const auto token = [&error] { return net::redirect_error(net::use_awaitable, error); };
    const auto remote = stream.socket().remote_endpoint(error).address().to_string();
    for (bool keep = !error; keep;) {
        beast::http::request_parser<beast::http::string_body> parser;
        parser.body_limit(service->body_limit);
        stream.expires_after(std::chrono::seconds{30});
        co_await beast::http::async_read(stream, buffer, parser, token());
        if (error)
            break;
        auto request = parser.release();
        stream.expires_never(); // no deadline for the endpoint's work
        const bool mounted = is_mounted(request);
        const bool may_keep = request.keep_alive();
        const bool to_head = request.method() == beast::http::verb::head;
        Answer answer;
        if (mounted) {
            answer = co_await picture_answer(*service, request, remote);
        } else {
            answer = staff_answer(*service->staff, request);
            answer.prepare_payload();
        }
        keep = may_keep && (!mounted || answer.keep_alive());
        answer.keep_alive(keep);
        stream.expires_after(std::chrono::seconds{30});
        beast::http::response_serializer<beast::http::string_body> serializer{answer};
        if (to_head)
            co_await beast::http::async_write_header(stream, serializer, token());
        else
            co_await beast::http::async_write(stream, serializer, token());
        keep = keep && !error;
    }
    stream.socket().shutdown(net::ip::tcp::socket::shutdown_send, error);
}

} // namespace

net::awaitable<void> serve_staff(net::ip::tcp::acceptor& acceptor,
                                 std::shared_ptr<const StaffService> service) {
    while (acceptor.is_open()) {
        beast::error_code error;
        auto socket = co_await acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
        if (error)
            continue;
        const auto executor = socket.get_executor();
        net::co_spawn(executor, serve_connection(std::move(socket), service), net::detached);
    }
}
