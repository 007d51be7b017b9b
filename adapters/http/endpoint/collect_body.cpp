#include <portrait/http/message.hpp>

#include <atomic>
#include <utility>

namespace portrait::http {

namespace {

/// Requests piece after piece, in a loop while they come at once: a chain of callbacks would be as deep as
/// the body is long.
class Collector : public std::enable_shared_from_this<Collector> {
public:
    Collector(Response response, std::function<void(result<Response>)> done)
        : response_{std::move(response)}
        , done_{std::move(done)} {}

    void go_on() {
        for (;;) {
            meeting_ = 0;
            response_.producer()->next([self = shared_from_this()](result<BodyProducer::Piece> piece) {
                self->piece_ = std::move(piece);
                // The later one continues: this callback, or the loop that called `next`.
                if (self->meeting_.fetch_add(1) == 1 && self->take_piece())
                    self->go_on();
            });
            if (meeting_.fetch_add(1) == 0 || !take_piece())
                return;
        }
    }

private:
    /// Returns false after the last piece.
    bool take_piece() {
        if (!piece_) {
            done_(piece_.error());
        } else if (*piece_) {
            text_ += **piece_;
            return true;
        } else {
            response_.body = std::move(text_);
            done_(std::move(response_));
        }
        return false;
    }

    Response response_;
    std::function<void(result<Response>)> done_;
    std::string text_;
    result<BodyProducer::Piece> piece_{BodyProducer::Piece{}};
    std::atomic<int> meeting_{0};
};

} // namespace

void collect_body(Response response, std::function<void(result<Response>)> done) {
    if (response.producer() == nullptr)
        return done(std::move(response));
    std::make_shared<Collector>(std::move(response), std::move(done))->go_on();
}

} // namespace portrait::http
