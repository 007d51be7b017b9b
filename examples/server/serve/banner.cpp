#include "serve/banner.hpp"

#include "serve/users.hpp"

#include <portrait/printable.hpp>
#include <portrait/version.hpp>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <system_error>

namespace portrait_server {
namespace {

std::string store_line(const Settings& settings) {
    if (!settings.store.empty()) // has no password
        return fmt::format("  store        {}\n", portrait::printable(settings.store));
    std::error_code ignored;
    const auto data = std::filesystem::absolute(settings.data, ignored).lexically_normal();
    return fmt::format("  data folder  {}\n", portrait::printable(data.string()));
}

} // namespace

std::string banner(const Settings& settings, const ListenAddress& listen, bool has_demo_user,
                   const char* warning) {
    const bool tls = settings.server.tls.has_value();
    auto local = listen;
    if (listen.address().is_unspecified())
        local.address(boost::asio::ip::make_address(listen.address().is_v6() ? "::1" : "127.0.0.1"));
    auto text = fmt::format("portrait {} listening on {}\n{}", PORTRAIT_VERSION, url_of(listen, tls),
                            store_line(settings));
    const auto out = std::back_inserter(text);
    if (has_demo_user)
        fmt::format_to(out, "  demo user    {}  password {}\n", demo_user, demo_password);
    if (has_demo_user && !listen.address().is_loopback())
        fmt::format_to(out, "\n  WARNING: {}.\n", warning);
    const auto root = url_of(local, tls) + settings.endpoint.base_path;
    if (!settings.no_ui)
        fmt::format_to(out, "\nOpen {}/ in a browser.\n", root);
    fmt::format_to(out,
                   "\nTry it; photo.jpg is any JPEG, PNG, GIF or TIFF of yours:\n"
                   "  curl -u {0} -T photo.jpg {1}/Image\n"
                   "  curl -u {0} -o person-7.jpg {1}/Image\n"
                   "  curl -u {0} {1}/ImageInfo\n\n",
                   has_demo_user ? fmt::format("{}:{}", demo_user, demo_password) : "NAME",
                   root + "/api/v1/Person/7");
    return text;
}

} // namespace portrait_server
