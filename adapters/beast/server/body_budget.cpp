#include "server/body_budget.hpp"

#include <utility>

namespace portrait::http {

std::shared_ptr<AddressShare> BodyBudget::share_of(const std::string& network) {
    const std::lock_guard lock{mutex_};
    if (shares_.size() >= sweep_at_) {
        std::erase_if(shares_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = 64 + shares_.size() * 2;
    }
    std::weak_ptr<AddressShare>& known = shares_[network];
    std::shared_ptr<AddressShare> share = known.lock();
    if (!share) {
        share = std::make_shared<AddressShare>(shared_from_this());
        known = share;
    }
    return share;
}

std::size_t BodyBudget::share_count() {
    const std::lock_guard lock{mutex_};
    return shares_.size();
}

BodyCharge::BodyCharge(BodyCharge&& other) noexcept
    : share_{std::move(other.share_)}
    , bytes_{std::exchange(other.bytes_, 0)} {}

BodyCharge& BodyCharge::operator=(BodyCharge&& other) noexcept {
    if (this != &other) {
        release();
        share_ = std::move(other.share_);
        bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
}

bool BodyCharge::add(std::uint64_t bytes) noexcept {
    BodyBudget& budget = *share_->budget_;
    if (budget.used_.fetch_add(bytes, std::memory_order_relaxed) + bytes > budget.limit_) {
        budget.used_.fetch_sub(bytes, std::memory_order_relaxed);
        return false;
    }
    const std::uint64_t of_address = share_->used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    const bool alone = of_address == bytes_ + bytes;
    if (of_address > budget.address_limit_ && !alone) {
        share_->used_.fetch_sub(bytes, std::memory_order_relaxed);
        budget.used_.fetch_sub(bytes, std::memory_order_relaxed);
        return false;
    }
    bytes_ += bytes;
    return true;
}

bool BodyCharge::has_room_for(std::uint64_t bytes) const noexcept {
    const BodyBudget& budget = *share_->budget_;
    const std::uint64_t of_address = share_->used_.load(std::memory_order_relaxed);
    const bool alone = of_address == bytes_;
    return budget.used() + bytes <= budget.limit_ && (alone || of_address + bytes <= budget.address_limit_);
}

void BodyCharge::release() noexcept {
    if (bytes_ != 0) {
        share_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
        share_->budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
        bytes_ = 0;
    }
}

} // namespace portrait::http
