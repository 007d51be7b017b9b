#include "agents/binary_answer.hpp"

#include "agents/base64_body.hpp"
#include "entity/documents.hpp"
#include "formats/base64.hpp"

#include <memory>
#include <utility>

namespace portrait::http {

namespace {

/// The contract's `"…"` or `<base64Binary>…</base64Binary>`. A short one is a text at once, a long one is
/// made while it is sent.
void set_base64_document(Response& response, ResponseType type, const ImageBytes& bytes) {
    constexpr std::size_t longest_at_once = 48ULL * 1024;
    const std::string_view before = is_xml(type) ? "<base64Binary>" : "\"";
    const std::string_view after = is_xml(type) ? "</base64Binary>" : "\"";
    std::string text;
    if (bytes.size() <= longest_at_once) {
        text.reserve(before.size() + encoded_base64_size(bytes.size()) + after.size());
        text += before;
        append_base64(text, bytes);
        text += after;
    }
    set_document(response, type, std::move(text));
    if (bytes.size() > longest_at_once) {
        auto body = std::make_shared<Base64Body>(before, bytes, after);
        response.content_length = body->size();
        response.body = std::move(body);
    }
}

} // namespace

Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format) {
    Response response;
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "private, no-cache");
    if (form == BinaryForm::document) {
        set_base64_document(response, type, bytes);
        return response;
    }
    const bool as_picture = form == BinaryForm::picture && format;
    response.set("Content-Type", std::string{as_picture ? media_type(*format) : "application/octet-stream"});
    if (as_picture)
        response.set("Content-Security-Policy", "default-src 'none'");
    response.set("Vary", "Accept");
    response.body = bytes;
    return response;
}

} // namespace portrait::http
