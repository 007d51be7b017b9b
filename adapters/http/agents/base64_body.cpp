#include "agents/base64_body.hpp"

#include "formats/base64.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace portrait::http {

namespace {

/// Bytes of the picture in a piece. A multiple of three, so that only the last piece is padded.
constexpr std::size_t piece_bytes = 48ULL * 1024;

} // namespace

Base64Body::Base64Body(std::string_view before, ImageBytes picture, std::string_view after) noexcept
    : before_{before}
    , picture_{std::move(picture)}
    , after_{after} {}

std::uint64_t Base64Body::size() const noexcept {
    return before_.size() + encoded_base64_size(picture_.size()) + after_.size();
}

void Base64Body::next(std::function<void(result<Piece>)> done) {
    if (ended_)
        return done(Piece{});
    const auto bytes = picture_.view().subspan(encoded_);
    const auto count = std::min(bytes.size(), piece_bytes);
    std::string text;
    text.reserve(before_.size() + encoded_base64_size(count) + after_.size());
    if (!std::exchange(begun_, true))
        text += before_;
    append_base64(text, bytes.first(count));
    encoded_ += count;
    if (encoded_ == picture_.size()) {
        text += after_;
        ended_ = true;
    }
    done(Piece{std::move(text)});
}

} // namespace portrait::http
