#include "server/memory_budget.hpp"

#include "support/catch.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace body_budget_test {

using portrait::http::AddressShare;
using portrait::http::AddressShares;
using portrait::http::MemoryBudget;
using portrait::http::MemoryBudgets;
using portrait::http::MemoryCharge;

namespace {

struct Budget {
    Budget(std::uint64_t limit, std::uint64_t address_limit)
        : shares{std::shared_ptr<MemoryBudgets>{
              new MemoryBudgets{{MemoryBudget::Of::requests, limit, address_limit}, {{}, 0, 0}}}} {}
    /// A charge of the address.
    MemoryCharge charge_of(const std::string& address) {
        known.push_back(shares.share_of(address));
        return {known.back()->budgets->requests, known.back()->requests};
    }
    std::uint64_t used() { return shares.share_of("")->budgets->requests.used(); }

    AddressShares shares;
    std::vector<std::shared_ptr<AddressShare>> known;
};

} // namespace

TEST_CASE("a charge is released when it ends", "[body]") {
    Budget budget{100, 100};
    {
        MemoryCharge charge = budget.charge_of("a");
        CHECK(charge.add(60));
        CHECK(charge.add(40));
        CHECK(budget.used() == 100);
        MemoryCharge moved;
        moved = std::move(charge);
        CHECK(budget.used() == 100);
        charge = budget.charge_of("a");
        CHECK_FALSE(charge.add(1));
        CHECK(budget.used() == 100);
    }
    CHECK(budget.used() == 0);
}

TEST_CASE("an address is limited to its share, without effect on other addresses", "[body]") {
    Budget budget{800, 0};
    MemoryCharge first = budget.charge_of("a");
    MemoryCharge second = budget.charge_of("a");
    MemoryCharge other = budget.charge_of("b");
    CHECK(first.add(60));
    CHECK(second.add(40));
    CHECK_FALSE(second.add(1));
    CHECK(other.add(100));
    first.release();
    CHECK(second.add(60));
    CHECK(budget.used() == 200);
}

TEST_CASE("a single body may exceed the share of its address, but not the whole budget", "[body]") {
    Budget budget{800, 0};
    MemoryCharge alone = budget.charge_of("a");
    CHECK(alone.add(700));
    CHECK_FALSE(alone.add(101));
    MemoryCharge second = budget.charge_of("a");
    CHECK_FALSE(second.add(1));
    MemoryCharge other = budget.charge_of("b");
    CHECK(other.add(50));
}

TEST_CASE("shares of addresses without connections are erased", "[body]") {
    AddressShares shares{nullptr};
    const auto kept = shares.share_of("kept");
    for (int address = 0; address < 10'000; ++address) {
        shares.share_of(std::to_string(address));
    }
    CHECK(shares.size() < 200);
    CHECK(shares.share_of("kept") == kept);
}

} // namespace body_budget_test
