#pragma once

#include "http/endpoint/endpoint_fixture.hpp"
#include "support/pictures.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace portrait::testing {

/// The tests' own base64, plain and slow, so that the library's isn't tested by itself.
inline std::string base64_of(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bits;
    for (const char byte : bytes)
        for (int bit = 7; bit >= 0; --bit)
            bits += ((static_cast<unsigned char>(byte) >> bit) & 1) != 0 ? '1' : '0';
    std::string text;
    for (std::size_t at = 0; at < bits.size(); at += 6) {
        auto six = bits.substr(at, 6);
        six.resize(6, '0');
        text += letters[std::stoul(six, nullptr, 2)];
    }
    while (text.size() % 4 != 0)
        text += '=';
    return text;
}

/// An endpoint whose agents are called.
struct AgentsFixture : EndpointFixture {
    using EndpointFixture::EndpointFixture;

    /// `name` is agent and method, and perhaps a query.
    http::Response call(const std::string& name, std::string body, RawFields fields = {}) const {
        if (std::none_of(fields.begin(), fields.end(),
                         [](const auto& field) { return field.first == "Content-Type"; }))
            fields.emplace_back("Content-Type", "application/json");
        return send({"POST", "/api/v1/Agents/" + name, std::move(fields), std::move(body)});
    }

    http::Response call_accepting(const std::string& name, std::string body,
                                  const std::string& accept) const {
        return call(name, std::move(body), {{"Accept", accept}});
    }

    http::Response call_xml(const std::string& name, std::string body) const {
        return call(name, std::move(body),
                    {{"Content-Type", "application/xml"}, {"Accept", "application/xml"}});
    }

    /// Stores a picture for person 1 and returns its bytes.
    std::string give_person_1_a_picture() const {
        auto png = text_of(make_png(4, 4));
        send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "image/png"}}, png});
        return png;
    }

    /// Makes a blob without bytes and returns its id.
    int make_empty_blob() const {
        return static_cast<int>(
            object_of(call("BLOB/SaveBlobEntity", R"({"BlobId":0})")).at("BlobId").as_int64());
    }

    static boost::json::object object_of(const http::Response& response) {
        return boost::json::parse(std::string{response.body_text()}).as_object();
    }

    static std::string rule_of(const http::Response& response) {
        return std::string{object_of(response).at("Rule").as_string()};
    }

    static std::string message_of(const http::Response& response) {
        return std::string{object_of(response).at("ErrorMessage").as_string()};
    }
};

} // namespace portrait::testing
