#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/response_fields.hpp>
#include <portrait/image_bytes.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// One header field of a request. Views; see `RequestHead`.
struct RequestField {
    std::string_view name;
    std::string_view value; ///< without the white space around it
};

/// The head of a request, as views into the host's parser: they have to stay valid until `Endpoint::begin`
/// has called its completion.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a small_vector of views doesn't throw
struct PORTRAIT_EXPORT RequestHead {
    std::string_view method{}; ///< as sent, case-sensitive
    std::string_view target{}; ///< origin-form: path and query, still percent-encoded
    boost::container::small_vector<RequestField, 24> fields{};
    /// The body's length when the head declares it; absent for chunked bodies and for none.
    std::optional<std::uint64_t> content_length{};
    bool chunked = false;
    /// A request to stop cancels work for this answer, which no client waits for any more.
    std::stop_token stop{};
    std::string_view remote_address{}; ///< without port; for rate limits and logs
    bool secure = false;               ///< the client uses TLS (to the server or to a trusted proxy)
    std::string_view forwarded_host{}; ///< as a trusted proxy names it; empty: Host counts

    /// The first field of that name (case-insensitive); null when there is none.
    const std::string_view* find(std::string_view name) const noexcept;
    /// The number of fields of that name (case-insensitive).
    std::size_t count(std::string_view name) const noexcept;
    /// All fields of that name joined by ", ", as RFC 9110 section 5.3 allows; empty when there is none.
    std::string joined(std::string_view name) const;
};

/// A copy of a request's head that owns its strings, for work that outlives the head's views.
class OwnedHead {
public:
    explicit OwnedHead(const RequestHead& head)
        : head_{head} {
        std::size_t size = 0;
        each_text([&](std::string_view& text) { size += text.size(); });
        texts_.reserve(size); // so that the views stay valid
        each_text([&](std::string_view& text) {
            const auto start = texts_.size();
            texts_.append(text);
            text = std::string_view{texts_}.substr(start);
        });
    }
    OwnedHead(const OwnedHead&) = delete;
    OwnedHead& operator=(const OwnedHead&) = delete;

    const RequestHead& head() const noexcept { return head_; }

private:
    template<class Visitor>
    void each_text(const Visitor& visit) {
        visit(head_.method);
        visit(head_.target);
        visit(head_.remote_address);
        visit(head_.forwarded_host);
        for (auto& field : head_.fields) {
            visit(field.name);
            visit(field.value);
        }
    }

    RequestHead head_;
    std::string texts_;
};

/// Makes a body piece by piece while it is sent, so that a long body is never in memory as a whole.
class PORTRAIT_EXPORT BodyProducer {
public:
    /// Absent at the end.
    using Piece = std::optional<std::string>;

    virtual ~BodyProducer() = default;

    /// Calls back once, on any thread, perhaps before it returns; must not be called again before. Doesn't
    /// block. After an error the host has to close the connection, so that the client detects an incomplete
    /// body.
    virtual void next(std::function<void(result<Piece>)> done) = 0;

    /// The memory in use until the body is made, beside the pieces.
    struct Memory {
        ImageBytes picture{};  ///< the source, shared
        std::size_t bytes = 0; ///< further bytes
    };
    /// For hosts that bound the memory of answers. Called before the first `next`.
    virtual Memory memory() const { return {}; }
};

/// Nothing, a text, a picture that is shared with the store or the cache and never copied, or a producer.
using ResponseBody = std::variant<std::monostate, std::string, ImageBytes, std::shared_ptr<BodyProducer>>;

/// An answer, ready to be written. The host adds Content-Length, Date, Connection and Server.
struct PORTRAIT_EXPORT Response {
    unsigned status = 200;
    std::string_view reason; ///< of static storage; empty: the status code's usual phrase
    ResponseFields fields;
    ResponseBody body;
    /// Content-Length when it isn't the body's size: for HEAD, and for a producer with a known length.
    std::optional<std::uint64_t> content_length;
    /// The host has to close the connection.
    bool close = false;
    /// The request has changed nothing, so that a host without memory for the answer may send 503 instead.
    /// The answer to a write must not be replaced: its client would expect that the write has failed.
    bool repeatable = false;
    /// The caller's name, for the host's log; empty without authentication.
    std::string principal;
    std::string_view route; ///< for the host's log; of static storage; empty: none matched
    std::string_view rule;  ///< of a refusal; of static storage; empty for other answers

    // As those of the fields.
    void set(std::string_view name, std::string_view value) { fields.set(name, value); }
    const std::string_view* find(std::string_view name) const noexcept { return fields.find(name); }
    /// Null when the body is complete.
    BodyProducer* producer() const noexcept;
    /// The body's bytes; none of a producer.
    std::string_view body_text() const noexcept;
    /// The value of Content-Length; absent for statuses without one (1xx, 204, 304) and for a producer of
    /// unknown length.
    std::optional<std::uint64_t> length() const noexcept;
};

/// Whether two field names or tokens are equal, ASCII letters in any case.
PORTRAIT_EXPORT bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// The moment as an IMF-fixdate (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`, for the
/// host's Date field. Truncates to seconds; uses no locale and no time zone. Clamps to the years 1 to 9999.
PORTRAIT_EXPORT std::string format_http_date(Timestamp moment);

/// The usual phrase of a status code; `Unknown` for other codes.
PORTRAIT_EXPORT std::string_view reason_phrase(unsigned status) noexcept;

} // namespace portrait::http
