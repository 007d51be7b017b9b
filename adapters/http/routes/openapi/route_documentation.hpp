#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace portrait::http {

/// The content of a body. `openapi_content` has the media types and the schema of each.
enum class BodyContent {
    nothing,
    problem,
    picture,         ///< of an answer: in the type it is stored in
    upload,          ///< a picture as it is or in a form
    blob_id,         ///< a number
    entity,          ///< a BlobEntity
    entity_change,   ///< a BlobEntity or a patch of one
    agent_arguments, ///< the arguments of an agent's call
    agent_picture,   ///< raw bytes, the picture, or a document with base64
    person_image,
    person_images,
    versions,
    routes,
    openapi,
    sign_in_form,
    page,
    problem_or_page, ///< a page when the client asks for text/html
    text,
};

/// One status that a route answers with.
struct AnswerDocumentation {
    unsigned status = 0;
    BodyContent content = BodyContent::problem;
};

/// A list in a constant, of at most `capacity` values: the compiler refuses more.
template<class T, std::size_t capacity>
class ShortList {
public:
    constexpr ShortList() = default;
    constexpr ShortList(std::initializer_list<T> values) noexcept { append(values); }

    constexpr void append(std::initializer_list<T> values) noexcept {
        for (const auto& value : values)
            values_[size_++] = value;
    }
    constexpr const T* begin() const noexcept { return values_.data(); }
    constexpr const T* end() const noexcept { return values_.data() + size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }

private:
    std::array<T, capacity> values_{};
    std::size_t size_ = 0;
};

/// A route in the OpenAPI document, beyond the parts that follow from its path and its callers.
struct RouteDocumentation {
    /// The method's object in the operation's id, such as `PersonImage`; an agent's call has the id of its
    /// path.
    std::string_view subject{};
    BodyContent request = BodyContent::nothing;
    ShortList<std::string_view, 10> parameters{}; ///< keys of the document's components/parameters
    ShortList<AnswerDocumentation, 6> answers{};  ///< each status once
    ShortList<unsigned, 10> refusals{};           ///< statuses with a problem; may repeat
};

} // namespace portrait::http
