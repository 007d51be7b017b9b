#include "hostile_requests.hpp"

#include "support/raw_http.hpp"

#include <utility>

namespace portrait::http::testing {
namespace {

using Requests = std::vector<HostileRequest>;

constexpr const char* malformed = "request.malformed";
constexpr const char* no_path = "request.unknown_path";
constexpr const char* bad_id = "person.invalid_id";

std::string authorization() {
    return "Authorization: " + portrait::testing::basic_authorization("tje0", "Tje0") + "\r\n";
}

// The head of an authorised PUT without the fields of the body's framing. Its person id is invalid.
std::string put_head() {
    return "PUT /api/v1/Person/0/Image HTTP/1.1\r\nHost: localhost\r\n" + authorization();
}

// The head of a request to a route that accepts a body, so that the server reads the body.
std::string agent_head() {
    return "POST /api/v1/Agents/Person/CreateDefaultPersonImage HTTP/1.1\r\nHost: localhost\r\n"
           "Content-Type: application/json\r\n" +
           authorization();
}

std::string get(const std::string& target, const std::string& fields = "Host: a\r\n") {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

std::string signed_in_get(const std::string& target) {
    return get(target, "Host: a\r\n" + authorization());
}

void refuse(Requests& requests, const char* name, std::string text, unsigned status = 400,
            const char* rule = malformed) {
    requests.push_back({name, std::move(text), status, rule, true});
}

// An answer that keeps the connection open.
void answer(Requests& requests, const char* name, std::string text, unsigned status, const char* rule = "") {
    requests.push_back({name, std::move(text), status, rule, false});
}

void add_request_lines(Requests& all) {
    refuse(all, "no request line", "nonsense\r\n\r\n");
    refuse(all, "HTTP/0.9", "GET /healthz\r\n\r\n");
    refuse(all, "no version but fields", "GET /healthz\r\nHost: a\r\n\r\n");
    refuse(all, "an unknown version", "GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n");
    refuse(all, "a version of two digits", "GET /healthz HTTP/1.10\r\nHost: a\r\n\r\n");
    refuse(all, "a version in lower case", "GET /healthz http/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    refuse(all, "TLS to a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    refuse(all, "an empty method", " /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "a method that is not a token", "G(T /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "two spaces behind the method", "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "two spaces behind the target", "GET /healthz  HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "a tab behind the method", "GET\t/healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "a space behind the version", "GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n");
    refuse(all, "a space in the target", "GET /health z HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "two empty lines first", "\r\n\r\n" + get("/healthz"));
    refuse(all, "a line feed first", "\n" + get("/healthz"));
    answer(all, "one empty line first", "\r\n" + get("/healthz"), 200);
    answer(all, "an unknown method", "BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405,
           "request.method_not_allowed");
    answer(all, "a method in lower case", "get /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405,
           "request.method_not_allowed");
    answer(all, "TRACE", "TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405, "request.method_not_allowed");
    all.push_back({"HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n", 200, "", true});
    answer(all, "HTTP/1.0 with keep-alive", "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200);
    answer(all, "an upgrade to HTTP/2 is ignored",
           get("/healthz", "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                           "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
           200);
}

void add_targets(Requests& all) {
    refuse(all, "a control character in the target", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "a NUL in the target", std::string("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 31));
    refuse(all, "a target that is not a path", "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "an authority as CONNECT's target", "CONNECT example:443 HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "* with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "another scheme", get("ftp://a/healthz"));
    refuse(all, "an absolute target without a host", get("http:///healthz"));
    refuse(all, "an absolute target with a user", get("http://me@a/healthz"));
    refuse(all, "a target of 8193 bytes", get("/" + std::string(8192, 'a')), 414, "request.target_too_long");
    refuse(all, "a target without an end", "GET /" + std::string(1'000'000, 'a'), 414,
           "request.target_too_long");
    answer(all, "a target of 8192 bytes", get("/" + std::string(8191, 'a')), 404, no_path);
    answer(all, "CONNECT to a path", "CONNECT /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405,
           "request.method_not_allowed");
    answer(all, "* with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204);
    answer(all, "an absolute target", get("http://example/healthz"), 200);
    answer(all, "an absolute target without a path", get("http://example"), 404, no_path);
    // RFC 3986: the first scheme alone is the scheme; `//a/healthz` is a path.
    answer(all, "two schemes", get("http://https://a/healthz"), 404, no_path);
    answer(all, "two schemes the other way round", get("HTTPS://http://a/healthz"), 404, no_path);
    answer(all, "a fragment", get("/healthz#a"), 400, "request.bad_target");
    answer(all, "percent without digits", get("/healthz%zz"), 400, "request.bad_target");
    answer(all, "percent cut short", get("/healthz%6"), 400, "request.bad_target");
    answer(all, "bytes beyond ASCII", get("/healthz\xc3\xa9"), 400, "request.bad_target");
    answer(all, "a backslash", get("/\\healthz"), 400, "request.bad_target");
}

void add_paths(Requests& all) {
    answer(all, "an encoded letter", get("/%68ealthz"), 200);
    answer(all, "encoded twice", get("/%2568ealthz"), 404, no_path);
    answer(all, "a parent", get("/api/../healthz"), 404, no_path);
    answer(all, "an encoded parent", get("/api/%2e%2e/healthz"), 404, no_path);
    answer(all, "beyond the root", get("/../../etc/passwd"), 404, no_path);
    answer(all, "a dot", get("/./healthz"), 404, no_path);
    answer(all, "two slashes", get("//healthz"), 404, no_path);
    answer(all, "two slashes at the end", get("/healthz//"), 404, no_path);
    answer(all, "one slash at the end", get("/healthz/"), 200);
    answer(all, "an encoded slash", get("/api%2fv1"), 404, no_path);
    answer(all, "an encoded slash in an id", signed_in_get("/api/v1/Person/7%2f8/Image"), 400, bad_id);
    answer(all, "an encoded NUL", get("/healthz%00"), 404, no_path);
    answer(all, "an encoded NUL in an id", signed_in_get("/api/v1/Person/7%00/Image"), 400, bad_id);
    answer(all, "an encoded line end in an id", signed_in_get("/api/v1/Person/7%0d%0aX:%20y/Image"), 400,
           bad_id);
    answer(all, "invalid UTF-8", get("/healthz%ff%fe"), 404, no_path);
    answer(all, "invalid UTF-8 in an id", signed_in_get("/api/v1/Person/%c0%b7/Image"), 400, bad_id);
    answer(all, "digits of another script in an id", signed_in_get("/api/v1/Person/%d9%a7/Image"), 400,
           bad_id);
    answer(all, "matrix parameters", get("/healthz;jsessionid=1"), 404, no_path);
    answer(all, "matrix parameters in an id", signed_in_get("/api/v1/Person/7;v=1/Image"), 400, bad_id);
    answer(all, "an encoded digit in an id", signed_in_get("/api/v1/Person/%37/Image"), 404, "image.none");
}

void add_fields(Requests& all) {
    const std::string line = "GET /healthz HTTP/1.1\r\n";
    refuse(all, "no Host", line + "\r\n");
    refuse(all, "two Hosts", line + "Host: a\r\nHost: a\r\n\r\n");
    refuse(all, "an invalid Host", line + "Host: a/b c\r\n\r\n");
    refuse(all, "a Host with a user", line + "Host: me@a\r\n\r\n");
    refuse(all, "two Hosts in one", line + "Host: a, b\r\n\r\n");
    refuse(all, "a space before the colon", line + "Host : a\r\n\r\n");
    refuse(all, "a space before the colon of a length", put_head() + "Content-Length : 3\r\n\r\nabc");
    refuse(all, "a field without a name", line + ": a\r\nHost: a\r\n\r\n");
    refuse(all, "a field without a colon", line + "Host: a\r\nnonsense\r\n\r\n");
    refuse(all, "a name that is not a token", line + "Host: a\r\nX(y: a\r\n\r\n");
    refuse(all, "a NUL in a value", line + std::string("Host: a\0b\r\n\r\n", 13));
    refuse(all, "a control character in a value", line + "Host: a\r\nX: a\x08\r\n\r\n");
    refuse(all, "a delete character in a value", line + "Host: a\r\nX: a\x7f\r\n\r\n");
    refuse(all, "a CR in a value", line + "Host: a\r\nX: a\rb\r\n\r\n");
    refuse(all, "line ends without CR", "GET /healthz HTTP/1.1\nHost: a\n\n");
    refuse(all, "one line end without CR", line + "Host: a\r\nX: a\nY: b\r\n\r\n");
    refuse(all, "an empty line without CR", line + "Host: a\r\n\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    refuse(all, "line ends without LF", "GET /healthz HTTP/1.1\rHost: a\r\r");
    refuse(all, "a field on two lines", line + "Host: a\r\nX: a\r\n b\r\n\r\n");
    refuse(all, "a length on two lines", put_head() + "Content-Length:\r\n 3\r\n\r\nabc");
    refuse(all, "a first field that is continued", line + " X: a\r\nHost: a\r\n\r\n");
    refuse(all, "an unknown expectation", line + "Host: a\r\nExpect: 200-ok\r\n\r\n", 417,
           "request.expectation");
    refuse(all, "fields of 1 MB", line + "Host: a\r\nX-Long: " + std::string(1'000'000, 'a') + "\r\n\r\n",
           431, "request.header_too_large");
    std::string many = line + "Host: a\r\n";
    for (int count = 0; count < 5000; ++count)
        many += "X-Field: value\r\n";
    refuse(all, "many fields", many + "\r\n", 431, "request.header_too_large");
    refuse(all, "a line and fields that are too large together",
           get("/" + std::string(8000, 'a'), "Host: a\r\nX: " + std::string(10'000, 'a') + "\r\n"), 431,
           "request.header_too_large");
    answer(all, "bytes beyond ASCII in a value", line + "Host: a\r\nX: \xff\xfe\r\n\r\n", 200);
    answer(all, "a tab in a value", line + "Host: a\r\nX: a\tb\r\n\r\n", 200);
    all.push_back({"Connection: close", line + "Host: a\r\nConnection: close\r\n\r\n", 200, "", true});
}

void add_lengths(Requests& all) {
    const auto put = [&](const char* name, const std::string& rest, unsigned status = 400,
                         const char* rule = malformed) {
        refuse(all, name, put_head() + rest, status, rule);
    };
    put("both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    put("both lengths, the other way round",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    put("an unknown coding beside a length", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcde");
    put("two different lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef");
    put("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde");
    put("two equal lengths in one", "Content-Length: 5, 5\r\n\r\nabcde");
    put("two different lengths in one", "Content-Length: 5, 6\r\n\r\nabcdef");
    put("a negative length", "Content-Length: -1\r\n\r\n");
    put("a signed length", "Content-Length: +5\r\n\r\nabcde");
    put("a length in hexadecimal", "Content-Length: 0x5\r\n\r\nabcde");
    put("a length with a space within", "Content-Length: 1 0\r\n\r\nabcde");
    put("a length beyond 64 bits", "Content-Length: 18446744073709551616\r\n\r\n");
    put("an empty length", "Content-Length: \r\n\r\n");
    put("another coding", "Transfer-Encoding: gzip\r\n\r\n", 501, "request.transfer_encoding");
    put("a coding before chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
        "request.transfer_encoding");
    put("chunked not last", "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501,
        "request.transfer_encoding");
    put("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501,
        "request.transfer_encoding");
    put("chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    put("a coding that only looks like chunked", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501,
        "request.transfer_encoding");
    put("an empty coding", "Transfer-Encoding: \r\n\r\n", 501, "request.transfer_encoding");
    put("chunked with a strange character", "Transfer-Encoding: \x0b"
                                            "chunked\r\n\r\n0\r\n\r\n");
    refuse(all, "chunks in HTTP/1.0", "PUT /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    answer(all, "a length with leading zeros", put_head() + "Content-Length: 0003\r\n\r\nabc", 400, bad_id);
    answer(all, "a GET with a body", get("/healthz", "Host: a\r\nContent-Length: 3\r\n") + "abc", 200);
}

void add_chunks(Requests& all) {
    const std::string head = agent_head() + "Transfer-Encoding: chunked\r\n\r\n";
    const auto chunks = [&](const char* name, const std::string& rest, unsigned status = 400,
                            const char* rule = malformed) { refuse(all, name, head + rest, status, rule); };
    chunks("a chunk size that is no number", "xyz\r\n{}\r\n0\r\n\r\n");
    chunks("an empty chunk size", "\r\n{}\r\n0\r\n\r\n");
    chunks("a negative chunk size", "-2\r\n{}\r\n0\r\n\r\n");
    chunks("a chunk size with a prefix", "0x2\r\n{}\r\n0\r\n\r\n");
    chunks("a space before a chunk size", " 2\r\n{}\r\n0\r\n\r\n");
    chunks("a chunk size beyond 64 bits", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n");
    chunks("a huge chunk size", "ffffffffffffffff\r\n{}", 413, "request.body_too_large");
    chunks("a chunk longer than its size", "1\r\n{}\r\n0\r\n\r\n");
    chunks("a chunk's line without CR", "2\n{}\n0\n\n");
    chunks("a second chunk's line without CR", "1\r\n{\r\n1\n}\n0\n\n");
    chunks("a chunk's end without CR", "2\r\n{}\n0\r\n\r\n");
    chunks("an extension with a line feed", "2;a\nb\r\n{}\r\n0\r\n\r\n");
    chunks("a quoted extension with a line feed", "2;a=\"\nb\"\r\n{}\r\n0\r\n\r\n");
    chunks("an extension that is no token", "2;(\r\n{}\r\n0\r\n\r\n");
    chunks("a size line without an end", "2;" + std::string(100'000, 'x'));
    std::string extended;
    for (int count = 0; count < 50; ++count)
        extended += "1;" + std::string(2000, 'x') + "\r\n \r\n";
    chunks("extensions that outweigh the body", extended + "0\r\n\r\n");
    chunks("leading zeros without an end", std::string(100'000, '0') + "2\r\n{}\r\n0\r\n\r\n");
    chunks("trailers without an end", "2\r\n{}\r\n0\r\n" + std::string(100'000, 'x'));
    chunks("a length among the trailers", "2\r\n{}\r\n0\r\nContent-Length: 3\r\n\r\n");
    chunks("a coding among the trailers", "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunks("a trailer without a colon", "2\r\n{}\r\n0\r\nnonsense\r\n\r\n");
    chunks("a trailer with a space before the colon", "2\r\n{}\r\n0\r\nX : a\r\n\r\n");
    answer(all, "chunks", head + "2\r\n{}\r\n0\r\n\r\n", 200);
    answer(all, "an extension and a trailer", head + "2;a=b;c=\"d\"\r\n{}\r\n0\r\nX: a\r\n\r\n", 200);
    answer(all, "chunked in another case",
           agent_head() + "Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200);
}

} // namespace

std::vector<HostileRequest> hostile_requests() {
    Requests all;
    add_request_lines(all);
    add_targets(all);
    add_paths(all);
    add_fields(all);
    add_lengths(all);
    add_chunks(all);
    return all;
}

} // namespace portrait::http::testing
