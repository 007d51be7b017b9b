#pragma once

#include <portrait/http/message.hpp>

#include <initializer_list>

namespace portrait::testing {

/// A GET of a picture with these fields; texts of the fields have to be literals.
inline http::RequestHead head_with(std::initializer_list<http::RequestField> fields) {
    http::RequestHead head;
    head.method = "GET";
    head.target = "/api/v1/Person/7/Image";
    head.fields.assign(fields.begin(), fields.end());
    return head;
}

} // namespace portrait::testing
