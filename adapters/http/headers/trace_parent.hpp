#pragma once

#include <string_view>

namespace portrait::http {

/// Whether a text is a `traceparent` as W3C's Trace Context has it, such as
/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`: version, trace id, parent id and flags in
/// lower-case hexadecimal digits, neither id all zeros. Later versions may have more behind it.
bool is_trace_parent(std::string_view text) noexcept;

} // namespace portrait::http
