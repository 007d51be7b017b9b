#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <string>

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;

namespace {

struct BadRequest {
    const char* what;
    std::string text;
    unsigned status;
    const char* rule;
};

// The part of an authorised PUT before the fields that decide where its body ends.
std::string put_head() {
    return "PUT " + image_path(1) + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " +
           portrait::testing::basic_authorization("tje0", "Tje0") + "\r\n";
}

std::vector<BadRequest> bad_requests() {
    const std::string get = "GET /healthz HTTP/1.1\r\n";
    const std::string chunks = put_head() + "Transfer-Encoding: chunked\r\n\r\n";
    return {
        {"no request line", "nonsense\r\n\r\n", 400, "request.malformed"},
        {"no version", "GET /healthz\r\nHost: a\r\n\r\n", 400, "request.malformed"},
        {"an unknown version", "GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n", 400, "request.malformed"},
        {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "request.malformed"},
        {"TLS to a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400,
         "request.malformed"},
        {"a control character in the target", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
         "request.malformed"},
        {"a target that is no path", "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request.malformed"},
        {"an authority as the target", "CONNECT example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
         "request.malformed"},
        {"no Host", get + "\r\n", 400, "request.malformed"},
        {"two Hosts", get + "Host: a\r\nHost: a\r\n\r\n", 400, "request.malformed"},
        {"a Host that is none", get + "Host: a/b c\r\n\r\n", 400, "request.malformed"},
        {"a space before the colon", get + "Host : a\r\n\r\n", 400, "request.malformed"},
        {"a field without a name", get + ": a\r\nHost: a\r\n\r\n", 400, "request.malformed"},
        {"a NUL in a value", get + std::string("Host: a\0b\r\n\r\n", 13), 400, "request.malformed"},
        {"line ends without CR", "GET /healthz HTTP/1.1\nHost: a\n\n", 400, "request.malformed"},
        {"both lengths", put_head() + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         "request.malformed"},
        {"both lengths, the other way round",
         put_head() + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400,
         "request.malformed"},
        {"an unknown coding beside a length",
         put_head() + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcde", 400,
         "request.malformed"},
        {"two different lengths", put_head() + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400,
         "request.malformed"},
        {"a negative length", put_head() + "Content-Length: -1\r\n\r\n", 400, "request.malformed"},
        {"a signed length", put_head() + "Content-Length: +5\r\n\r\nabcde", 400, "request.malformed"},
        {"a length in hexadecimal", put_head() + "Content-Length: 0x5\r\n\r\nabcde", 400,
         "request.malformed"},
        {"a length beyond 64 bits", put_head() + "Content-Length: 18446744073709551616\r\n\r\n", 400,
         "request.malformed"},
        {"an empty length", put_head() + "Content-Length: \r\n\r\n", 400, "request.malformed"},
        {"another coding", put_head() + "Transfer-Encoding: gzip\r\n\r\n", 501, "request.transfer_encoding"},
        {"a coding before chunked", put_head() + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
         "request.transfer_encoding"},
        {"chunked twice", put_head() + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501,
         "request.transfer_encoding"},
        {"chunked with a strange character",
         put_head() + "Transfer-Encoding: \x0b"
                      "chunked\r\n\r\n0\r\n\r\n",
         400, "request.malformed"},
        {"chunks in HTTP/1.0", "PUT /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         "request.malformed"},
        {"a chunk size that is no number", chunks + "xyz\r\nabc\r\n0\r\n\r\n", 400, "request.malformed"},
        {"a negative chunk size", chunks + "-3\r\nabc\r\n0\r\n\r\n", 400, "request.malformed"},
        {"a chunk size beyond 64 bits", chunks + "fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400,
         "request.malformed"},
        {"a huge chunk size", chunks + "ffffffffffffffff\r\nabc", 413, "request.body_too_large"},
        {"a chunk longer than its size", chunks + "3\r\nabcd\r\n0\r\n\r\n", 400, "request.malformed"},
        {"a size line without an end", chunks + "3;" + std::string(100'000, 'x'), 400, "request.malformed"},
        {"trailers without an end", chunks + "3\r\nabc\r\n0\r\n" + std::string(100'000, 'x'), 400,
         "request.malformed"},
        {"a length among the trailers", chunks + "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n", 400,
         "request.malformed"},
        {"a request line of 1 MB", "GET /" + std::string(1'000'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
         431, "request.header_too_large"},
        {"fields of 1 MB", get + "Host: a\r\nX-Long: " + std::string(1'000'000, 'a') + "\r\n\r\n", 431,
         "request.header_too_large"},
        {"many fields",
         [&] {
             std::string text = get + "Host: a\r\n";
             for (int count = 0; count < 5000; ++count) {
                 text += "X-Field: value\r\n";
             }
             return text + "\r\n";
         }(),
         431, "request.header_too_large"},
        {"a line and fields that are too large together",
         "GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(10'000, 'a') +
             "\r\n\r\n",
         431, "request.header_too_large"},
    };
}

} // namespace

TEST_CASE("a request that is wrong as HTTP is refused, its connection closed, and nothing else harmed",
          "[server][framing]") {
    const RunningServer server;
    const auto before = make_png();
    server.put(1, before);
    for (const BadRequest& bad : bad_requests()) {
        INFO(bad.what);
        RawConnection connection = server.connect();
        connection.try_send(bad.text);
        const RawResponse response = connection.read_response();
        CHECK(response.status == bad.status);
        CHECK(response.body.find("\"" + std::string{bad.rule} + "\"") != std::string::npos);
        CHECK(response.field("Connection") == "close");
        CHECK_FALSE(response.field("X-Request-Id").empty());
        CHECK(connection.wait_for_close());
        CHECK(server.still_serves());
    }
    CHECK(server.get(1).body == text_of(before));
    CHECK(server.store->saves == 1);
}

TEST_CASE("a second request after a bad one is not looked at", "[server][framing]") {
    const RunningServer server;
    RawConnection connection = server.connect();
    connection.send("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
                    "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(connection.read_response().status == 400);
    CHECK(connection.read_until_close().empty());
}

TEST_CASE("a length given twice alike is one length", "[server][framing]") {
    const RunningServer server;
    const auto picture = make_png();
    const std::string size = std::to_string(picture.size());
    RawConnection connection = server.connect();
    connection.send(put_head() + "Content-Length: " + size + "\r\nContent-Length: " + size + "\r\n\r\n");
    connection.send(text_of(picture));
    CHECK(connection.read_response().status == 200);
}
