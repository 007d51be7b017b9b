#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>

#include <functional>
#include <set>

namespace bad_input_test {

using namespace portrait::testing;

namespace json = boost::json;

namespace {

constexpr std::size_t max_body = 1024 * 1024;
const std::string authorization = "Authorization: Basic dGplMDpUamUw\r\n";

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The bytes of a bad request, and the expected answer.
struct BadInput {
    std::string name;
    std::string request;
    std::set<unsigned> statuses;
    std::string rule{};          ///< empty: any rule
    std::string message{};       ///< part of the message
    bool closes = false;         ///< the connection is closed after the answer
    bool finish_sending = false; ///< the client stops in the middle
};

std::string head(const std::string& method, const std::string& target, const std::string& fields) {
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

std::string put(const std::string& body, const std::string& type = "image/png",
                const std::string& target = "/api/v1/Person/1/Image") {
    return head("PUT", target,
                authorization + "Content-Type: " + type +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
           body;
}

std::string form(const std::string& parts) {
    return put(parts, "multipart/form-data; boundary=b");
}

std::vector<BadInput> bad_ids() {
    std::vector<BadInput> inputs;
    const auto png = text_of(make_png());
    for (const std::string id :
         {"0", "-1", "+7", "7.5", "abc", "2147483648", "12345678901234567890", "", "%00"}) {
        for (const std::string method : {"PUT", "DELETE"}) {
            const auto body = method == "PUT" ? png : std::string{};
            inputs.push_back(
                {method + " person id '" + id + "'",
                 head(method, "/api/v1/Person/" + id + "/Image",
                      authorization + "Content-Length: " + std::to_string(body.size()) + "\r\n") +
                     body,
                 {400},
                 "person.invalid_id",
                 "person id is not valid"});
        }
    }
    inputs.push_back({"PUT for an unknown person",
                      put(png, "image/png", "/api/v1/Person/99999/Image"),
                      {400},
                      "person.unknown",
                      "99999"});
    inputs.push_back({"GET of an unknown person",
                      head("GET", "/api/v1/Person/99999/Image", authorization),
                      {404},
                      "person.unknown",
                      "99999"});
    return inputs;
}

std::vector<BadInput> bad_bodies() {
    const auto png = text_of(make_png());
    const std::string webp = std::string("RIFF\x24\0\0\0WEBPVP8 ", 16) + std::string(32, '\0');
    std::string random(5000, '\0');
    for (std::size_t index = 0; index < random.size(); ++index)
        random[index] = static_cast<char>((index * 2654435761U) >> 13U);
    std::string thousand_parts;
    for (int part = 0; part < 1000; ++part)
        thousand_parts += "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n";
    const auto tiff_with_ifd_at = [](char offset) {
        return std::string("II*\0", 4) + std::string{offset, '\0', '\0', '\0'} + std::string(2, '\0');
    };
    // An empty directory whose next directory is itself.
    const auto tiff_loop = std::string("II*\0\x08\0\0\0\0\0\x08\0\0\0", 14);
    auto twelve_bits = text_of(make_jpeg());
    const auto frame = twelve_bits.find("\xFF\xC0");
    twelve_bits[frame + 1] = '\xC1';
    twelve_bits[frame + 4] = 12;
    auto zero_gif = text_of(make_gif());
    zero_gif[6] = zero_gif[7] = '\0'; // of the screen, and then of the frame, which the screen is enlarged to
    zero_gif[zero_gif.find(std::string(",\0\0\0\0\x02\0\x02\0", 9)) + 5] = '\0';
    return {
        {"empty body", put(""), {400}, "image.empty", "missing from body"},
        {"form without a picture",
         form("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n--b--\r\n"),
         {400},
         "multipart.no_picture"},
        {"form without boundary", put(png, "multipart/form-data"), {400}, "multipart.no_boundary"},
        {"form cut off", form("--b\r\nContent-Type: image/png\r\n\r\n" + png), {400}, "multipart.truncated"},
        {"form of 1,000 parts", form(thousand_parts + "--b--\r\n"), {400}, "multipart.too_many_parts"},
        {"boundary of 1 MB",
         put(png, "multipart/form-data; boundary=" + std::string(1'000'000, 'b')),
         {400, 431},
         {},
         {},
         true},
        {"boundary of 71 characters",
         put(png, "multipart/form-data; boundary=" + std::string(71, 'b')),
         {400},
         "multipart.no_boundary"},
        {"declared text", put("hello", "text/plain"), {415}, "request.unsupported_media_type"},
        {"text", put("hello, this is a text"), {400}, "image.unknown_format"},
        {"WebP", put(webp), {400}, "image.unsupported_format", "WebP"},
        {"PDF", put("%PDF-1.4\n1 0 obj"), {400}, "image.unsupported_format", "PDF"},
        {"random bytes", put(random), {400}, "image.unknown_format"},
        {"PNG stub", put(png.substr(0, 24)), {422}, "image.truncated"},
        {"JPEG without a frame",
         put(std::string("\xFF\xD8\xFF\xFE\x00\x04hi\xFF\xD9", 10), "image/jpeg"),
         {422}},
        {"TIFF with its directory outside", put(tiff_with_ifd_at('\x7F'), "image/tiff"), {422}},
        {"TIFF with its directory in its own header", put(tiff_with_ifd_at('\x00'), "image/tiff"), {422}},
        {"TIFF directory that follows itself", put(tiff_loop, "image/tiff"), {422}},
        {"GIF of zero width", put(zero_gif, "image/gif"), {422}, "image.zero_dimension"},
        {"JPEG of 12 bits", put(twelve_bits, "image/jpeg"), {422}, "image.unsupported_encoding", "12 bits"},
        {"PNG of 100,000 x 100,000",
         put(text_of(make_png_claiming(100'000, 100'000))),
         {422},
         "image.too_many_pixels",
         "10000000000"},
    };
}

std::vector<BadInput> bad_framing() {
    const auto png = text_of(make_png());
    const auto chunked = authorization + "Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n";
    const std::string path = "/api/v1/Person/1/Image";
    std::string large_chunks;
    for (int chunk = 0; chunk < 40; ++chunk)
        large_chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    return {
        {"body over the limit, declared, all sent",
         put(std::string(20 * max_body, 'x')),
         {413},
         "request.body_too_large",
         std::to_string(max_body),
         true},
        {"body over the limit, declared, not sent",
         head("PUT", path, authorization + "Content-Type: image/png\r\nContent-Length: 2000000\r\n"),
         {413},
         "request.body_too_large",
         std::to_string(max_body),
         true},
        {"body over the limit, in chunks",
         head("PUT", path, chunked) + large_chunks + "0\r\n\r\n",
         {413},
         "request.body_too_large",
         std::to_string(max_body),
         true},
        {"length of 20 digits",
         head("PUT", path, authorization + "Content-Length: 99999999999999999999\r\n"),
         {400, 413},
         {},
         {},
         true},
        {"length that is no number",
         head("PUT", path, authorization + "Content-Length: abc\r\n"),
         {400},
         {},
         {},
         true},
        {"two lengths",
         head("PUT", path, authorization + "Content-Length: 5\r\nContent-Length: 6\r\n") + "hello!",
         {400},
         {},
         {},
         true},
        {"length and chunks",
         head("PUT", path, chunked + "Content-Length: 5\r\n") + "0\r\n\r\n",
         {400},
         {},
         {},
         true},
        {"bad chunk size", head("PUT", path, chunked) + "xyz\r\nabc\r\n0\r\n\r\n", {400}, {}, {}, true},
        {"a length that promises more than comes",
         head("PUT", path, authorization + "Content-Type: image/png\r\nContent-Length: 5000\r\n") + png,
         {400},
         {},
         {},
         true,
         true},
        {"header of 1 MB",
         head("GET", path, authorization + "X-Long: " + std::string(1'000'000, 'x') + "\r\n"),
         {431},
         {},
         {},
         true},
        {"no request at all", "this is not HTTP\r\n\r\n", {400}, {}, {}, true},
        {"no credentials", head("GET", path, ""), {401}, "authentication.failed"},
        {"no credentials, with a body",
         head("PUT", path,
              "Content-Type: image/png\r\nContent-Length: " + std::to_string(png.size()) + "\r\n") +
             png,
         {401},
         "authentication.failed"},
        {"wrong password",
         head("GET", path, "Authorization: Basic dGplMDp3cm9uZw==\r\n"),
         {401},
         "authentication.failed"},
        {"unknown user",
         head("GET", path, "Authorization: Basic bm9ib2R5OnBhc3M=\r\n"),
         {401},
         "authentication.failed"},
        {"malformed Basic",
         head("GET", path, "Authorization: Basic ***\r\n"),
         {401},
         "authentication.failed"},
        {"Basic without a colon",
         head("GET", path, "Authorization: Basic dGplMA==\r\n"),
         {401},
         "authentication.failed"},
        {"PATCH Image", head("PATCH", path, authorization), {405}, "request.method_not_allowed"},
    };
}

} // namespace

TEST_CASE("every bad input gets its expected answer and has no other effect", "[e2e][hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(
                              {"--demo", "--max-body", std::to_string(max_body), "--log-level", "error"})}};
    const auto port = server.port();
    const auto stored = text_of(make_jpeg_of_size(50'000, 3));
    {
        RawConnection connection{port};
        connection.send(put(stored, "image/jpeg"));
        REQUIRE(connection.read_response().status == 200);
    }
    const auto etag =
        fetch(port, "GET", "/api/v1/Person/1/Image", {{"Authorization", "Basic dGplMDpUamUw"}}).field("ETag");
    const auto memory_before = server.resident_bytes();

    for (const auto& inputs : {bad_ids(), bad_bodies(), bad_framing()}) {
        for (const auto& input : inputs) {
            CAPTURE(input.name);
            RawConnection connection{port};
            connection.try_send(input.request);
            if (input.finish_sending)
                connection.finish_sending();
            const auto response = connection.read_response();
            CAPTURE(response.body);
            CHECK(input.statuses.contains(response.status));
            const auto error = json::parse(response.body).as_object();
            CHECK(error.at("Error") == true);
            CHECK(error.at("ErrorSource") == "portrait");
            CHECK_FALSE(error.at("ErrorType").as_string().empty());
            if (!input.rule.empty())
                CHECK(error.at("Rule") == json::value(input.rule));
            CHECK(std::string{error.at("ErrorMessage").as_string()}.find(input.message) != std::string::npos);
            CHECK((response.status == 401) == (response.find("WWW-Authenticate") != nullptr));
            CHECK((response.status == 405) == (response.find("Allow") != nullptr));
            CHECK((response.status == 415) == (response.find("Accept") != nullptr));
            CHECK_FALSE(response.field("X-Request-Id").empty());
            if (input.closes)
                CHECK(connection.wait_for_close());

            // The stored picture is unchanged, and a request on a new connection is answered.
            const auto next =
                fetch(port, "GET", "/api/v1/Person/1/Image", {{"Authorization", "Basic dGplMDpUamUw"}});
            CHECK(next.status == 200);
            CHECK(next.body == stored);
            CHECK(next.field("ETag") == etag);
        }
    }
    // Declared lengths allocate no memory; the growth is at most that of a few bodies.
    if (!PORTRAIT_SANITIZED)
        CHECK(server.resident_bytes() < memory_before + 32 * max_body);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("the message of a limit has the limit and the observed value", "[e2e][hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--max-pixels", "100"})}};
    RawConnection connection{server.port()};
    connection.send(put(text_of(make_png(11, 10))));
    const auto response = connection.read_response();
    CHECK(response.status == 422);
    const auto error = json::parse(response.body).as_object();
    CHECK(error.at("Rule") == "image.too_many_pixels");
    CHECK(error.at("Observed") == 110);
    CHECK(error.at("Limit") == 100);
}

TEST_CASE("a refused client is not asked for the body", "[e2e][hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    const std::string expecting = "Content-Type: image/png\r\nExpect: 100-continue\r\nContent-Length: ";
    const std::string path = "/api/v1/Person/1/Image";
    {
        RawConnection connection{port};
        connection.send(
            head("PUT", path, "Authorization: Basic dGplMDp3cm9uZw==\r\n" + expecting + "1000\r\n"));
        CHECK(connection.read_response().status == 401);
    }
    {
        RawConnection connection{port};
        connection.send(head("PUT", path, authorization + expecting + "100000000\r\n"));
        CHECK(connection.read_response().status == 413);
    }
    {
        const auto png = text_of(make_png());
        RawConnection connection{port};
        connection.send(head("PUT", path, authorization + expecting + std::to_string(png.size()) + "\r\n"));
        CHECK(connection.read_response().status == 100);
        connection.send(png);
        CHECK(connection.read_response().status == 200);
    }
}

} // namespace bad_input_test
