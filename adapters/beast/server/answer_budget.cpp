#include "server/answer_budget.hpp"

#include <string>
#include <utility>
#include <variant>

namespace portrait::http {

namespace {

constexpr std::size_t uncounted_text = 4096;
constexpr std::uint64_t kept_for_small = 16; // one part in so many

AnswerMemory::Body memory_of(const std::string& text) noexcept {
    return {nullptr, text.size() > uncounted_text ? text.capacity() : 0};
}

} // namespace

std::uint64_t AnswerMemory::more_for(const Body& body) const noexcept {
    const auto counted = body.owner != nullptr ? pictures_.find(body.owner) : pictures_.end();
    return counted == pictures_.end() || counted->second.answers == 0 ? body.bytes : 0;
}

void AnswerMemory::add(const Body& body) {
    const std::uint64_t more = more_for(body);
    if (body.owner != nullptr) {
        Picture& picture = pictures_[body.owner];
        ++picture.answers;
        picture.bytes += more;
    }
    used_.store(used() + more, std::memory_order_relaxed);
}

void AnswerMemory::remove(const Body& body) noexcept {
    std::uint64_t less = body.bytes;
    if (body.owner != nullptr) {
        const auto picture = pictures_.find(body.owner);
        const bool last = --picture->second.answers == 0;
        less = last ? picture->second.bytes : 0;
        if (last)
            pictures_.erase(picture);
    }
    used_.store(used() - less, std::memory_order_relaxed);
}

bool AnswerBudget::has_room(const AnswerMemory& memory, const AnswerMemory::Body& body,
                            std::uint64_t limit) noexcept {
    const std::uint64_t more = memory.more_for(body);
    const std::uint64_t room = more > small_body ? limit - limit / kept_for_small : limit;
    return memory.used() == 0 || more == 0 || (more <= room && memory.used() <= room - more);
}

bool AnswerBudget::take(AnswerMemory& of_address, const AnswerMemory::Body& body, bool always) {
    const std::lock_guard lock{mutex_};
    if (!always && (!has_room(all_, body, limit_) || !has_room(of_address, body, address_limit_)))
        return false;
    all_.add(body);
    try {
        of_address.add(body);
    } catch (...) {
        all_.remove(body);
        throw;
    }
    return true;
}

void AnswerBudget::give_back(AnswerMemory& of_address, const AnswerMemory::Body& body) noexcept {
    const std::lock_guard lock{mutex_};
    all_.remove(body);
    of_address.remove(body);
}

AnswerCharge& AnswerCharge::operator=(AnswerCharge&& other) noexcept {
    if (this != &other) {
        release();
        budget_ = std::move(other.budget_);
        address_ = std::move(other.address_);
        counted_ = std::exchange(other.counted_, {});
        picture_ = std::move(other.picture_);
    }
    return *this;
}

bool AnswerCharge::take(const ResponseBody& body, bool always) {
    if (const auto* const text = std::get_if<std::string>(&body))
        return take(memory_of(*text), {}, always);
    BodyProducer::Memory held;
    if (const auto* const bytes = std::get_if<ImageBytes>(&body))
        held.picture = *bytes;
    else if (const auto* const producer = std::get_if<std::shared_ptr<BodyProducer>>(&body))
        held = (*producer)->memory();
    const AnswerMemory::Body memory{held.picture.owner(), held.picture.held() + held.bytes};
    return take(memory, std::move(held.picture), always);
}

bool AnswerCharge::take(const std::string& text) {
    return take(memory_of(text), {}, false);
}

bool AnswerCharge::take(const AnswerMemory::Body& body, ImageBytes picture, bool always) {
    release();
    if (body.bytes != 0 && !budget_->take(*address_, body, always))
        return false;
    counted_ = body;
    picture_ = std::move(picture);
    return true;
}

void AnswerCharge::release() noexcept {
    if (counted_.bytes != 0)
        budget_->give_back(*address_, std::exchange(counted_, {}));
    picture_ = {};
}

} // namespace portrait::http
