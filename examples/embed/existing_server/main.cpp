// An existing server, and the code that adds pictures to it.

#include "portrait_ports.hpp"
#include "staff_server.hpp"

#include <portrait/portrait.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <string>

namespace {

int run(const std::string& folder) {
    // Parts of the existing service: colleagues, io_context, thread pool.
    const auto staff = std::make_shared<const Staff>(Staff{
        {1, {.name = "Ada", .key = "ada's key", .edits_pictures = true}},
        {2, {.name = "Grace", .key = "grace's key"}},
    });
    boost::asio::io_context context{1};
    boost::asio::thread_pool pool{2};

    // The pictures: a store, the service, and the endpoint with the ports of this server.
    auto store = portrait::sqlite::SqliteImageStore::open({.folder = folder});
    if (!store) {
        std::cerr << "staff_server: " << store.error().message() << '\n';
        return 1;
    }
    const auto pictures = std::make_shared<portrait::PersonImageService>(
        std::move(*store), std::make_shared<StaffDirectory>(staff));
    const auto workers = std::make_shared<PoolExecutor>(pool, 256);
    portrait::http::EndpointOptions options;
    options.schemes = {.basic = false, .so_ticket = false, .bearer = true, .session = false};
    // Destroyed before the context: its destructor waits for work that posts answers there.
    portrait::http::Endpoint endpoint(pictures, std::make_shared<StaffKeys>(staff), workers, workers,
                                      std::move(options));

    boost::asio::ip::tcp::acceptor acceptor{context, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    auto service = std::make_shared<const StaffService>(
        StaffService{staff, endpoint, pictures->limits().max_bytes + 64ULL * 1024});
    boost::asio::co_spawn(context, serve_staff(acceptor, std::move(service)), boost::asio::detached);
    boost::asio::signal_set ends{context, SIGINT, SIGTERM};
    ends.async_wait([&](boost::system::error_code, int) { context.stop(); });

    std::cout << "http://127.0.0.1:" << acceptor.local_endpoint().port() << '\n'
              << std::flush; // the reader may be a pipe
    context.run();
    pool.join(); // finishes saves in progress
    std::cout << "ended\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: staff_server FOLDER\n";
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const std::exception& failure) {
        std::cerr << "staff_server: " << failure.what() << '\n';
        return 1;
    }
}
