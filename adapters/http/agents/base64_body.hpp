#pragma once

#include <portrait/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portrait::http {

/// A document that is a picture as base64 text between two marks, encoded while it is sent: the picture's
/// bytes are shared with all other answers, where the text would be a third larger and a copy for each.
class Base64Body final : public BodyProducer {
public:
    /// The marks are of static storage.
    Base64Body(std::string_view before, ImageBytes picture, std::string_view after) noexcept;

    /// Of the whole document, in bytes.
    std::uint64_t size() const noexcept;

    void next(std::function<void(result<Piece>)> done) override;
    Memory memory() const override { return {picture_, 0}; }

private:
    std::string_view before_;
    ImageBytes picture_;
    std::string_view after_;
    std::size_t encoded_ = 0; ///< bytes of the picture so far
    bool begun_ = false;
    bool ended_ = false;
};

} // namespace portrait::http
