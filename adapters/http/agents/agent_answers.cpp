#include "agents/agent_answers.hpp"

#include "entity/documents.hpp"
#include "formats/base64.hpp"
#include "headers/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace portrait::http {
namespace {

/// Bytes of the picture in a piece: a multiple of three, so that only the last piece is padded.
constexpr std::size_t piece_bytes = 48ULL * 1024;

/// A document of a picture's base64 text, `"…"` or `<base64Binary>…</base64Binary>`, encoded while it is
/// sent: all answers share the picture's bytes, while the text would be a copy for each and a third larger.
class Base64Body final : public BodyProducer {
public:
    Base64Body(ImageBytes picture, bool xml)
        : before_{xml ? "<base64Binary>" : "\""}
        , picture_{std::move(picture)}
        , after_{xml ? "</base64Binary>" : "\""} {}

    std::uint64_t size() const noexcept {
        return before_.size() + encoded_base64_size(picture_.size()) + after_.size();
    }

    void next(std::function<void(result<Piece>)> done) override {
        done(ended_ ? Piece{} : Piece{next_text()});
    }
    Memory memory() const override { return {picture_, 0}; }

    std::string next_text() {
        const auto bytes = picture_.view().subspan(encoded_);
        const auto count = std::min(bytes.size(), piece_bytes);
        std::string text;
        text.reserve(before_.size() + encoded_base64_size(count) + after_.size());
        if (encoded_ == 0)
            text += before_;
        append_base64(text, bytes.first(count));
        encoded_ += count;
        ended_ = encoded_ == picture_.size();
        if (ended_)
            text += after_;
        return text;
    }

private:
    std::string_view before_;
    ImageBytes picture_;
    std::string_view after_;
    std::size_t encoded_ = 0; ///< bytes of the picture so far
    bool ended_ = false;
};

} // namespace

BinaryForm negotiate_binary(const RequestHead& head) noexcept {
    constexpr std::array<std::string_view, 11> offers{"application/octet-stream",
                                                      "image/png",
                                                      "image/jpeg",
                                                      "image/gif",
                                                      "image/tiff",
                                                      "application/json",
                                                      "text/json",
                                                      "application/xml",
                                                      "text/xml",
                                                      "application/json-patch+json",
                                                      "application/merge-patch+json"};
    static_assert(offers.size() <= max_offers);
    constexpr std::size_t first_document = 5;
    if (head.find("Accept") == nullptr)
        return BinaryForm::raw;
    const auto best = best_offer(head, offers);
    if (!best || *best >= first_document)
        return BinaryForm::document;
    return *best == 0 ? BinaryForm::raw : BinaryForm::picture;
}

Selection parse_selection(std::string_view value) {
    Selection selection;
    while (!value.empty()) {
        const auto member = value.substr(0, value.find(','));
        value.remove_prefix(std::min(member.size() + 1, value.size()));
        const auto name = trimmed(member.substr(0, member.find('/')));
        if (!name.empty())
            selection.emplace_back(name);
    }
    return selection;
}

bool is_selected(const Selection& selection, std::string_view name) {
    return selection.empty() || std::any_of(selection.begin(), selection.end(), [&](const auto& wanted) {
               return equal_ignoring_case(wanted, name);
           });
}

boost::json::object selected(const boost::json::object& document, const Selection& selection) {
    auto rest = document;
    for (auto& member : rest)
        if (!is_selected(selection, member.key()))
            member.value() = nullptr;
    return rest;
}

Response binary_answer(BinaryForm form, ResponseType type, const ImageBytes& bytes,
                       std::optional<ImageFormat> format) {
    Response response;
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "private, no-cache");
    if (form == BinaryForm::document) {
        auto body = std::make_shared<Base64Body>(bytes, is_xml(type));
        const bool is_short = bytes.size() <= piece_bytes;
        set_document(response, type, is_short ? body->next_text() : std::string{});
        if (!is_short) {
            response.content_length = body->size();
            response.body = std::move(body);
        }
        return response;
    }
    const bool as_picture = form == BinaryForm::picture && format;
    response.set("Content-Type", as_picture ? media_type(*format) : "application/octet-stream");
    if (as_picture)
        response.set("Content-Security-Policy", "default-src 'none'");
    response.set("Vary", "Accept");
    response.body = bytes;
    return response;
}

} // namespace portrait::http
