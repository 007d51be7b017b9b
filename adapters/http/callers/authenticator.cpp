#include <portrait/http/authenticator.hpp>

#include <boost/throw_exception.hpp>

#include <stdexcept>

namespace portrait::http {

void throw_exception_from_error(const AuthenticationFailure& failure, const boost::source_location& where) {
    const char* what = "nobody was recognised";
    switch (failure.kind) {
    case AuthenticationFailure::Kind::rejected: break;
    case AuthenticationFailure::Kind::busy: what = "too busy to recognise anybody"; break;
    case AuthenticationFailure::Kind::broken: what = "recognising somebody failed"; break;
    }
    boost::throw_with_location(std::logic_error{what}, where);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): those that override it keep it
void Authenticator::revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done) {
    done(principal);
}

} // namespace portrait::http
