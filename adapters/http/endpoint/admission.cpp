#include "endpoint/admission.hpp"

#include "routes/request.hpp"

namespace portrait::http {

Admission::Admission(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}
Admission::Admission(Admission&&) noexcept = default;
Admission& Admission::operator=(Admission&&) noexcept = default;
Admission::~Admission() = default;

std::uint64_t Admission::body_limit() const noexcept {
    return state_ ? state_->exchange->body_limit() : 0;
}

const std::string& Admission::principal() const noexcept {
    static const std::string nobody;
    return state_ ? state_->request->principal().name : nobody;
}

const std::string& Admission::request_id() const noexcept {
    static const std::string none;
    return state_ ? state_->request->id() : none;
}

} // namespace portrait::http
