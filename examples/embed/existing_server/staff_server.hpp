#pragma once

#include <portrait/http/endpoint.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <memory>
#include <string>

/// A colleague: data of the existing service, independent of portrait.
struct Colleague {
    std::string name;
    std::string key; ///< the bearer token of the colleague's programs
    bool edits_pictures = false;
};

/// By number. Filled before the server starts and then constant, so any thread may read it.
using Staff = std::map<int, Colleague>;

/// The parts that each connection uses.
struct StaffService {
    std::shared_ptr<const Staff> staff;
    portrait::http::Endpoint& pictures;
    std::uint64_t body_limit;
};

/// Accepts until the acceptor is closed. `/staff/<number>` is the route of the existing service; portrait
/// serves everything below `/pictures`.
boost::asio::awaitable<void> serve_staff(boost::asio::ip::tcp::acceptor& acceptor,
                                         std::shared_ptr<const StaffService> service);
