#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace portrait::http {

/// Appends a text as a JSON string, in quotes. `value` has to be valid UTF-8.
void append_json_string(std::string& text, std::string_view value);

/// Writes a JSON object's text member by member, without a document in between: for answers that are given so
/// often that building one would be most of their cost. Names are written as they are.
class JsonObjectText {
public:
    /// Writes behind `text`, which has to outlive this.
    explicit JsonObjectText(std::string& text)
        : text_{text} {
        text_ += '{';
    }

    template<class Value>
    void emplace(std::string_view name, const Value& value) {
        begin(name);
        if constexpr (std::same_as<Value, std::nullptr_t>)
            text_ += "null";
        else if constexpr (std::same_as<Value, bool>)
            text_ += value ? "true" : "false";
        else if constexpr (std::integral<Value>)
            text_.append(fmt::format_int{value}.c_str());
        else
            append_json_string(text_, value);
    }

    /// A member that is an object; `fill` gets a JsonObjectText.
    template<class Fill>
    void emplace_object(std::string_view name, const Fill& fill) {
        begin(name);
        JsonObjectText object{text_};
        fill(object);
        object.close();
    }

    /// A member whose JSON is there already.
    void emplace_json(std::string_view name, std::string_view json) {
        begin(name);
        text_ += json;
    }

    void close() { text_ += '}'; }

private:
    void begin(std::string_view name) {
        text_ += text_.back() == '{' ? "\"" : ",\"";
        text_.append(name).append("\":");
    }

    std::string& text_;
};

} // namespace portrait::http
