#include "serve/banner.hpp"

#include "serve/demo.hpp"

#include <portrait/printable.hpp>
#include <portrait/version.hpp>

#include <fmt/format.h>

#include <iterator>

namespace portrait_server {

namespace {

/// A URL for this machine, also when the server listens on every address.
std::string local_url(const Settings& settings, std::uint16_t port) {
    auto listen = settings.listen;
    if (listen.is_everywhere())
        listen.address = listen.is_ipv6() ? "::1" : "127.0.0.1";
    return url_of(listen, port, settings.server.tls.has_value());
}

} // namespace

std::string banner(const Settings& settings, std::uint16_t port, bool demo_user) {
    std::string text;
    const auto out = std::back_inserter(text);
    std::error_code ignored;
    const auto data = std::filesystem::absolute(settings.data, ignored).lexically_normal();
    const auto person = local_url(settings, port) + "/api/v1/Person/7";
    const auto user = demo_user ? fmt::format("{}:{}", demo::user, demo::password) : std::string{"NAME"};

    fmt::format_to(out, "portrait {} listening on {}\n", PORTRAIT_VERSION,
                   url_of(settings.listen, port, settings.server.tls.has_value()));
    fmt::format_to(out, "  data folder  {}\n", portrait::printable(data.string()));
    if (demo_user) {
        fmt::format_to(out, "  demo user    {}  password {}\n", demo::user, demo::password);
        if (!settings.listen.is_loopback())
            fmt::format_to(
                out, "\n  WARNING: the demo user's password is public and this address is not loopback:\n"
                     "  everybody who reaches this port can read, replace and delete every picture.\n");
    }
    fmt::format_to(out,
                   "\nTry it; photo.jpg is any JPEG, PNG, GIF or TIFF of yours:\n"
                   "  curl -u {0} -T photo.jpg {1}/Image\n"
                   "  curl -u {0} -o person-7.jpg {1}/Image\n"
                   "  curl -u {0} {1}/ImageInfo\n\n",
                   user, person);
    return text;
}

} // namespace portrait_server
