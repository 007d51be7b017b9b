#include "server/memory_budget.hpp"

#include <utility>
#include <variant>

namespace portrait::http {
namespace {

constexpr std::size_t uncounted_text = 4096;
constexpr std::uint64_t small_body = 64ULL * 1024;
constexpr std::uint64_t kept_for_small = 16; // one part in so many

BodyMemory memory_of(const std::string& text) noexcept {
    return {nullptr, text.size() > uncounted_text ? text.capacity() : 0};
}

} // namespace

std::uint64_t HeldMemory::more_for(const BodyMemory& body) const noexcept {
    return body.owner != nullptr && pictures_.contains(body.owner) ? 0 : body.bytes;
}

void HeldMemory::add(const BodyMemory& body) {
    const std::uint64_t more = more_for(body);
    if (body.owner != nullptr) {
        Picture& picture = pictures_[body.owner];
        ++picture.bodies;
        picture.bytes += more;
    }
    used_.store(used() + more, std::memory_order_relaxed);
}

void HeldMemory::remove(const BodyMemory& body) noexcept {
    std::uint64_t less = body.bytes;
    if (body.owner != nullptr) {
        const auto picture = pictures_.find(body.owner);
        const bool last = --picture->second.bodies == 0;
        less = last ? picture->second.bytes : 0;
        if (last)
            pictures_.erase(picture);
    }
    used_.store(used() - less, std::memory_order_relaxed);
}

bool MemoryBudget::has_room(const HeldMemory& memory, const BodyMemory& body, std::uint64_t limit,
                            bool alone) const noexcept {
    const std::uint64_t more = memory.more_for(body);
    const bool leaves_room = bodies_ == Of::answers && more > small_body;
    const std::uint64_t room = leaves_room ? limit - limit / kept_for_small : limit;
    return alone || more == 0 || (more <= room && memory.used() <= room - more);
}

bool MemoryBudget::has_room(const HeldMemory& of_address, std::uint64_t own,
                            const BodyMemory& body) const noexcept {
    return has_room(all_, body, limit_, bodies_ == Of::answers && all_.used() == own) &&
           has_room(of_address, body, address_limit_, of_address.used() == own);
}

MemoryCharge& MemoryCharge::operator=(MemoryCharge&& other) noexcept {
    if (this != &other) {
        release();
        budget_ = other.budget_;
        address_ = other.address_;
        counted_ = std::exchange(other.counted_, {});
        picture_ = std::move(other.picture_);
    }
    return *this;
}

bool MemoryCharge::take(const BodyMemory& body, bool always) {
    const std::lock_guard lock{budget_->mutex_};
    if (!always && !budget_->has_room(*address_, counted_.bytes, body))
        return false;
    budget_->all_.add(body);
    try {
        address_->add(body);
    } catch (...) {
        budget_->all_.remove(body);
        throw;
    }
    return true;
}

bool MemoryCharge::add(std::uint64_t bytes) {
    const bool taken = take({nullptr, bytes}, false);
    counted_.bytes += taken ? bytes : 0;
    return taken;
}

bool MemoryCharge::has_room_for(std::uint64_t bytes) const {
    const std::lock_guard lock{budget_->mutex_};
    return budget_->has_room(*address_, counted_.bytes, {nullptr, bytes});
}

bool MemoryCharge::replace(const ResponseBody& body, bool always) {
    if (const auto* const text = std::get_if<std::string>(&body))
        return replace(memory_of(*text), {}, always);
    BodyProducer::Memory held;
    if (const auto* const bytes = std::get_if<ImageBytes>(&body))
        held.picture = *bytes;
    else if (const auto* const producer = std::get_if<std::shared_ptr<BodyProducer>>(&body))
        held = (*producer)->memory();
    const BodyMemory memory{held.picture.owner(), held.picture.held() + held.bytes};
    return replace(memory, std::move(held.picture), always);
}

bool MemoryCharge::replace(const std::string& text) {
    return replace(memory_of(text), {}, false);
}

bool MemoryCharge::replace(const BodyMemory& body, ImageBytes picture, bool always) {
    release();
    if (body.bytes != 0 && !take(body, always))
        return false;
    counted_ = body;
    picture_ = std::move(picture);
    return true;
}

void MemoryCharge::release() noexcept {
    if (counted_.bytes != 0) {
        const std::lock_guard lock{budget_->mutex_};
        budget_->all_.remove(counted_);
        address_->remove(counted_);
        counted_ = {};
    }
    picture_ = {};
}

std::shared_ptr<AddressShare> AddressShares::share_of(const std::string& network) {
    const std::lock_guard lock{mutex_};
    if (shares_.size() >= sweep_at_) {
        std::erase_if(shares_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = 64 + shares_.size() * 2;
    }
    std::weak_ptr<AddressShare>& known = shares_[network];
    std::shared_ptr<AddressShare> share = known.lock();
    if (!share) {
        share = std::make_shared<AddressShare>(budgets_);
        known = share;
    }
    return share;
}

std::size_t AddressShares::size() {
    const std::lock_guard lock{mutex_};
    return shares_.size();
}

} // namespace portrait::http
