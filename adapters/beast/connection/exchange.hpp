#pragma once

#include "connection/body_buffer.hpp"
#include "server/asio.hpp"
#include "server/memory_budget.hpp"

#include <portrait/http/message.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <stop_token>
#include <string>

namespace portrait::http {

/// Beast's Body concept over a `BodyBuffer` and its charge; used for chunked bodies.
struct CollectedBody {
    struct value_type { // NOLINT(readability-identifier-naming): Beast's name
        BodyBuffer* buffer = nullptr;
        MemoryCharge* charge = nullptr;
        bool over_budget = false;
    };

    class reader { // NOLINT(readability-identifier-naming): Beast's name
    public:
        template<bool IsRequest, class Fields>
        reader(beast::http::header<IsRequest, Fields>& /*head*/, value_type& body)
            : body_{body} {}

        void init(const boost::optional<std::uint64_t>& /*length*/, beast::error_code& error) { error = {}; }
        void finish(beast::error_code& error) { error = {}; }

        std::size_t put(net::const_buffer buffer, beast::error_code& error);

    private:
        value_type& body_;
    };
};

/// One request and its answer. Shared with the endpoint's completions, which may come after the connection
/// has given up: the head's views stay valid until then.
struct ConnectionExchange {
    using FieldAllocator = std::pmr::polymorphic_allocator<char>;
    using Parser = beast::http::request_parser<CollectedBody, FieldAllocator>;

    std::array<std::byte, 4096> head_room;
    /// The memory of the parsed head; allocates only for heads that are larger than most.
    std::pmr::monotonic_buffer_resource head_memory{head_room.data(), head_room.size()};
    std::optional<Parser> parser;
    RequestHead head;
    std::string remote_address;          ///< of the client, as far as it can be known
    std::shared_ptr<AddressShare> share; ///< to which the charges below belong
    MemoryCharge charge;
    std::stop_source stop;     ///< requested when the client has gone or the time is over
    bool abandoned = false;    ///< the connection has answered without waiting for the endpoint's answer
    Response response;         ///< that is being sent
    bool no_room = false;      ///< for the body of the answer, which was dropped
    MemoryCharge answer;       ///< the memory of its body
    MemoryCharge piece_charge; ///< that of its present piece

    ConnectionExchange() = default;
    ConnectionExchange(const ConnectionExchange&) = delete;
    ConnectionExchange& operator=(const ConnectionExchange&) = delete;
    ~ConnectionExchange() { wipe_secrets(); }

    /// Overwrites the passwords, tokens and cookies of the head; they would stay in freed memory otherwise.
    void wipe_secrets() noexcept;
    /// Makes it as new and keeps the allocated memory.
    void clear();
    /// Begins a head.
    void start_parser();

    /// Counts the memory of the answer's body, or drops the body and sets `no_room`. Called on the thread
    /// where the answer becomes ready, so that answers that wait for their io thread are counted.
    void count(Response& made) noexcept;
    /// As above for a piece; without room it becomes an error.
    void count(result<BodyProducer::Piece>& piece) noexcept;
};

/// Memory that a connection needs while it serves a request; idle ones release it.
struct Workspace {
    std::shared_ptr<ConnectionExchange> exchange;
    beast::flat_buffer buffer;
    std::string head_text;
};

/// Keeps a workspace for this thread's next request, at most 64 of usual size: allocating one for each
/// request costs time.
void keep_workspace(Workspace workspace);
/// Call it when an io thread starts: glibc ends the process when it has no memory for a thread's first
/// object.
void prepare_workspaces();
/// A kept one, or an empty one.
Workspace spare_workspace();

} // namespace portrait::http
