#include "serve/supervisor.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>

#include <cstdlib>

namespace portrait_server {

void notify_supervisor(const std::string& state) {
    using Protocol = boost::asio::local::datagram_protocol;
    const char* const variable = std::getenv("NOTIFY_SOCKET");
    std::string path = variable == nullptr ? "" : variable;
    constexpr std::size_t max_path = 107; // of a Unix socket
    if (path.size() < 2 || path.size() > max_path || (path[0] != '/' && path[0] != '@'))
        return;
    if (path[0] == '@')
        path[0] = '\0'; // an abstract name
    boost::asio::io_context context;
    Protocol::socket socket{context};
    boost::system::error_code ignored;
    (void)socket.open(Protocol{}, ignored);
    (void)socket.send_to(boost::asio::buffer(state), Protocol::endpoint{path}, 0, ignored);
}

} // namespace portrait_server
