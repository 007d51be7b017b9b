#pragma once

#include "callers/own_origin.hpp"
#include "routes/request.hpp"

#include <string>

namespace portrait::http {

/// The absolute URLs in the document of an answer, such as `https://a.example/Cust12345/api/v1`. They are
/// relative ones, such as `/Cust12345/api/v1`, for a request without a usable host.
class Links {
public:
    explicit Links(const Request& request)
        : Links{own_origin(request.head(), request.options().public_url), request.options().base_path} {}

    /// Of a route; its path may have `{personId}`.
    std::string to(const Route& route) const {
        return (route.at_root ? origin_ : base_) + std::string{route.path};
    }
    /// Where the endpoint is mounted, without a slash at the end.
    const std::string& base() const noexcept { return base_; }

    /// Sets Cache-Control. An answer with links of the request's Host must not be stored: any client can send
    /// any Host.
    void set_cache_control(Response& response) const {
        response.set("Cache-Control", is_storable_ ? "private, no-cache" : "no-store");
    }

private:
    Links(const OwnOrigin& origin, const std::string& base_path)
        : origin_{origin.text()}
        , base_{origin_ + base_path}
        , is_storable_{origin.source != OwnOrigin::Source::host} {}

    std::string origin_;
    std::string base_;
    bool is_storable_;
};

} // namespace portrait::http
