#pragma once

#include "connection/body_buffer.hpp"
#include "server/answer_budget.hpp"
#include "server/asio.hpp"
#include "server/body_budget.hpp"

#include <portrait/http/message.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace portrait::http {

/// Beast's Body concept over a `BodyBuffer` and its charge; used for chunked bodies.
struct CollectedBody {
    struct value_type { // NOLINT(readability-identifier-naming): Beast's name
        BodyBuffer* buffer = nullptr;
        BodyCharge* charge = nullptr;
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
/// has given up: the head's views stay valid, and what a late completion brings dies with it. The slots
/// belong to the connection's thread.
struct Exchange {
    std::optional<beast::http::request_parser<CollectedBody>> parser;
    RequestHead head;
    std::string remote_address; ///< of the client, as far as it can be known
    BodyCharge charge;
    std::stop_source stop;     ///< nobody waits for the answer any more
    bool abandoned = false;    ///< the connection has answered without waiting for the endpoint's answer
    bool no_room = false;      ///< for the body of the answer, which was dropped
    AnswerCharge answer;       ///< the memory of its body
    AnswerCharge piece_charge; ///< that of its present piece

    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() { wipe_secrets(); }

    /// Overwrites the passwords, tokens and cookies of the head; they would stay in freed memory otherwise.
    void wipe_secrets() noexcept;
    /// As new, with the memory that it has.
    void clear();

    /// Counts the memory of the answer's body, or drops the body where there is no room for it. Called where
    /// the answer becomes ready, on any thread: an answer that waits for its io thread is counted already.
    void count(Response& response) noexcept;
    /// As above for a piece; an error takes its place.
    void count(result<BodyProducer::Piece>& piece) noexcept;
};

/// What a connection needs for a request and not between two: an idle one hands it on.
struct Workspace {
    std::shared_ptr<Exchange> exchange;
    beast::flat_buffer buffer;
    std::string head_text;
};

/// Workspaces that this thread's idle connections have left: to allocate as much for each request costs time.
/// At most 64 of usual size are kept.
void keep_workspace(Workspace workspace);
/// An empty one where none is left.
Workspace spare_workspace();

} // namespace portrait::http
