#pragma once

#include "options/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Values of options. A `…_fault` is empty for a good value, otherwise the sentence for the operator; a
/// `read_…` also rewrites a good one.
namespace portrait_server {

/// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; absent when the text is none of these.
std::optional<ListenAddress> parse_listen_address(std::string_view text);
std::string listen_fault(const std::string& text);

std::string store_fault(const std::string& text);

std::string origin_fault(const std::string& text);

/// Turns `https://Pictures.example.com/` into the origin that browsers send.
std::string read_public_url(std::string& text);

/// Turns `/Cust12345/` into `/Cust12345`, and `/` into an empty text.
std::string read_base_path(std::string& text);

std::string proxy_fault(const std::string& text);

/// In any case of letters.
std::optional<portrait::ConvertibleFormat> parse_convertible(std::string_view text);
std::string convertible_fault(const std::string& text);

/// Turns `10MiB` into bytes.
std::string read_size(std::string& text);
/// As `10MiB` where that is exact.
std::string size_text(std::uint64_t bytes);

} // namespace portrait_server
