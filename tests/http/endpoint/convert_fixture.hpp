#pragma once

#include "http/agents/agents_fixture.hpp"
#include "support/fake_upload_converter.hpp"
#include "support/response_field.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::testing {

inline std::string converted_picture() {
    return text_of(FakeUploadConverter::picture());
}

inline std::string webp() {
    return text_of(make_webp_head());
}

inline Request put_image(std::string body, std::string type = "image/png", RawFields fields = {}) {
    if (!type.empty())
        fields.emplace_back("Content-Type", std::move(type));
    return {.method = "PUT", .fields = std::move(fields), .body = std::move(body)};
}

inline Request image_form(const std::string& picture) {
    return put_image("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"blob\"\r\n\r\n" +
                         picture + "\r\n--b--\r\n",
                     "multipart/form-data; boundary=b");
}

inline Request image_call(const std::string& call, const std::string& arguments, const std::string& picture) {
    return {.method = "POST",
            .target = "/api/v1/Agents/" + call,
            .fields = {{"Content-Type", "application/json"}},
            .body = "{" + arguments + ":\"" + base64_of(picture) + "\"}"};
}

/// A request that stores an upload as person 1's picture, blob 1; SaveImageStream makes another blob.
struct Upload {
    std::string name;
    std::function<Request(const std::string& picture)> request;
    unsigned status = 200;
    bool is_raw_put = false; ///< the body is the picture, so that the answer may have its ETag
    bool makes_blob = false;
};

inline std::vector<Upload> uploads() {
    return {
        {"PUT", [](const std::string& picture) { return put_image(picture); }, 200, true},
        {"PUT without a type", [](const std::string& picture) { return put_image(picture, ""); }, 200, true},
        {"POST",
         [](const std::string& picture) {
             auto request = put_image(picture);
             request.method = "POST";
             return request;
         }},
        {"a form", &image_form},
        {"Person/SetPersonImage",
         [](const std::string& picture) {
             return image_call("Person/SetPersonImage", R"("PersonId":1,"Image")", picture);
         },
         204},
        {"BLOB/SetPersonImage",
         [](const std::string& picture) {
             return image_call("BLOB/SetPersonImage", R"("PersonId":1,"Image")", picture);
         },
         204},
        {"BLOB/SetBlobStream",
         [](const std::string& picture) {
             return image_call("BLOB/SetBlobStream", R"("BlobEntityId":1,"Stream")", picture);
         },
         204},
        {"BLOB/SaveImageStream",
         [](const std::string& picture) {
             return image_call("BLOB/SaveImageStream", R"("Type":"PersonImage","Image")", picture);
         },
         200, false, true},
    };
}

/// Person 1 has a picture, blob 1.
struct ConvertFixture : AgentsFixture {
    explicit ConvertFixture(std::shared_ptr<FakeUploadConverter> used, http::EndpointOptions options = {},
                            Limits limits = {})
        : AgentsFixture{with(used, std::move(options)), limits}
        , converter{std::move(used)} {
        give_person_1_a_picture();
    }

    static http::EndpointOptions with(std::shared_ptr<FakeUploadConverter> converter,
                                      http::EndpointOptions options) {
        options.upload_converter = std::move(converter);
        return options;
    }

    std::string stored() const { return std::string{send({}).body_text()}; }
    std::string blob(const std::string& id) const {
        return std::string{call("BLOB/GetBlobStream", R"({"BlobEntityId":)" + id + "}").body_text()};
    }

    std::shared_ptr<FakeUploadConverter> converter;
};

inline std::shared_ptr<FakeUploadConverter>
make_converter(ConvertibleFormats formats = ConvertibleFormats::all(),
               FakeUploadConverter::Convert convert = nullptr) {
    return convert ? std::make_shared<FakeUploadConverter>(formats, std::move(convert))
                   : std::make_shared<FakeUploadConverter>(formats);
}

} // namespace portrait::testing
