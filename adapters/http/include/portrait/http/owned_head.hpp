#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// A copy of a request's head that owns its strings, for work that outlives the head's views.
class OwnedHead {
public:
    explicit OwnedHead(const RequestHead& head)
        : head_{head} {
        std::size_t size = 0;
        each_text([&](std::string_view& text) { size += text.size(); });
        texts_.reserve(size); // so that the views stay valid
        each_text([&](std::string_view& text) {
            const auto start = texts_.size();
            texts_.append(text);
            text = std::string_view{texts_}.substr(start);
        });
    }
    OwnedHead(const OwnedHead&) = delete;
    OwnedHead& operator=(const OwnedHead&) = delete;

    const RequestHead& head() const noexcept { return head_; }

private:
    template<class Visitor>
    void each_text(const Visitor& visit) {
        visit(head_.method);
        visit(head_.target);
        visit(head_.remote_address);
        for (auto& field : head_.fields) {
            visit(field.name);
            visit(field.value);
        }
    }

    RequestHead head_;
    std::string texts_;
};

} // namespace portrait::http
