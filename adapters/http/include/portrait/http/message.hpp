#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
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
#include <utility>
#include <variant>
#include <vector>

namespace portrait::http {

/// One header field of a request. Views; see `RequestHead`.
struct RequestField {
    std::string_view name;
    std::string_view value; ///< without the white space around it
};

/// The head of a request, as views into whatever the host parsed: they have to stay valid until
/// `Endpoint::begin` has called its completion, and no longer. A host that is not ours fills it from its own
/// types.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a small_vector of views doesn't throw
struct PORTRAIT_EXPORT RequestHead {
    std::string_view method{}; ///< as sent, case-sensitive
    std::string_view target{}; ///< origin-form: path and query, still percent-encoded
    boost::container::small_vector<RequestField, 24> fields{};
    /// The body's length when the head declares it; absent for chunked bodies and for none.
    std::optional<std::uint64_t> content_length{};
    bool chunked = false;
    /// When stop is requested nobody waits for the answer any more, so that what is made for it alone may
    /// end.
    std::stop_token stop{};
    std::string_view remote_address{}; ///< without port; for rate limits and logs
    bool secure = false;               ///< the client speaks TLS (to us or to a trusted proxy)

    /// The first field of that name (case-insensitive); null when there is none.
    const std::string_view* find(std::string_view name) const noexcept;
    /// How many fields have that name (case-insensitive).
    std::size_t count(std::string_view name) const noexcept;
    /// All fields of that name joined by ", ", as RFC 9110 section 5.3 allows; empty when there is none.
    std::string joined(std::string_view name) const;
};

/// One header field of an answer.
struct ResponseField {
    std::string_view name; ///< of static storage, such as a literal
    std::string value;
};

/// Makes a body piece by piece while it is sent, so that a long one never is in memory as a whole.
class PORTRAIT_EXPORT BodyProducer {
public:
    /// Nothing at the end.
    using Piece = std::optional<std::string>;

    virtual ~BodyProducer() = default;

    /// Calls back once, on any thread, perhaps before it returns; not to be called again before. Doesn't
    /// block. After an error the body can't be finished: the host has to cut the connection, so that the
    /// client doesn't take what it got for all.
    virtual void next(std::function<void(result<Piece>)> done) = 0;

    /// What stays in memory until the body is made, beside the pieces.
    struct Memory {
        ImageBytes picture{};  ///< that it is made of, shared with others
        std::size_t bytes = 0; ///< of its own
    };
    /// For hosts that bound the memory of answers. Called before the first piece is asked for.
    virtual Memory memory() const { return {}; }
};

/// Nothing, a text of its own, a picture that is shared with the store or the cache and never copied, or what
/// makes the body while it is sent.
using ResponseBody = std::variant<std::monostate, std::string, ImageBytes, std::shared_ptr<BodyProducer>>;

/// An answer, ready to be written. The host adds Content-Length, Date, Connection and Server.
struct PORTRAIT_EXPORT Response {
    unsigned status = 200;
    std::string_view reason; ///< of static storage; empty: the status code's usual phrase
    std::vector<ResponseField> fields;
    ResponseBody body;
    /// What Content-Length says when it isn't the body's size: an answer to HEAD has a length and no body,
    /// and a body that is made piece by piece may have a length that is known before.
    std::optional<std::uint64_t> content_length;
    /// The connection can't be used for another request.
    bool close = false;
    /// The request has changed nothing, so that a host with no memory left for the answer may send 503
    /// instead. The answer to a write is never replaced: its client would take the write for failed.
    bool repeatable = false;
    /// Who was recognised, for the host's log; empty when nobody was.
    std::string principal;
    std::string_view route; ///< of the table, for the host's log; of static storage; empty: none matched
    std::string_view rule;  ///< that a refusal names; of static storage; empty for other answers

    void set(std::string_view name, std::string value);
    /// Null when there is none of that name (case-insensitive).
    const std::string* find(std::string_view name) const noexcept;
    /// What makes the body while it is sent; null when it is all there.
    BodyProducer* producer() const noexcept;
    /// The body's bytes, wherever they are kept; none while they are still to be made.
    std::string_view body_text() const noexcept;
    /// What Content-Length has to say; absent for the statuses that carry none (1xx, 204, 304), and where
    /// the body is still to be made.
    std::optional<std::uint64_t> length() const noexcept;
};

/// For hosts that can't send a body piece by piece: calls back, on any thread, with the same answer and all
/// of its body, or with the error of its producer.
PORTRAIT_EXPORT void collect_body(Response response, std::function<void(result<Response>)> done);

/// Whether two field names or tokens are equal, ASCII letters in any case.
PORTRAIT_EXPORT bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// The moment as an IMF-fixdate (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`, for the
/// Date that every host writes. Cuts off parts of a second; uses no locale and no time zone. Moments outside
/// the years 1 to 9999 become the nearest one inside.
PORTRAIT_EXPORT std::string format_http_date(Timestamp moment);

/// The usual phrase of a status code, `Unknown` for a code that has none here.
PORTRAIT_EXPORT std::string_view reason_phrase(unsigned status) noexcept;

} // namespace portrait::http
