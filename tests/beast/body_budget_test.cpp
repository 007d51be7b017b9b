#include "server/body_budget.hpp"

#include "support/catch.hpp"

#include <memory>
#include <utility>

namespace body_budget_test {

using portrait::http::BodyBudget;
using portrait::http::BodyCharge;

TEST_CASE("a charge is given back when it ends", "[body]") {
    const auto budget = std::make_shared<BodyBudget>(100, 100);
    {
        BodyCharge charge{budget->share_of("a")};
        CHECK(charge.add(60));
        CHECK(charge.add(40));
        CHECK(budget->used() == 100);
        BodyCharge moved = std::move(charge);
        CHECK(budget->used() == 100);
        charge = BodyCharge{budget->share_of("a")};
        CHECK_FALSE(charge.add(1));
        CHECK(budget->used() == 100);
    }
    CHECK(budget->used() == 0);
}

TEST_CASE("one address is held to its share, others are not touched by it", "[body]") {
    const auto budget = std::make_shared<BodyBudget>(800, 0);
    BodyCharge first{budget->share_of("a")};
    BodyCharge second{budget->share_of("a")};
    BodyCharge other{budget->share_of("b")};
    CHECK(first.add(60));
    CHECK(second.add(40));
    CHECK_FALSE(second.add(1));
    CHECK(other.add(100));
    first.release();
    CHECK(second.add(60));
    CHECK(budget->used() == 200);
}

TEST_CASE("a body alone may pass the share of its address but not the whole", "[body]") {
    const auto budget = std::make_shared<BodyBudget>(800, 0);
    BodyCharge alone{budget->share_of("a")};
    CHECK(alone.add(700));
    CHECK_FALSE(alone.add(101));
    BodyCharge second{budget->share_of("a")};
    CHECK_FALSE(second.add(1));
    BodyCharge other{budget->share_of("b")};
    CHECK(other.add(50));
}

TEST_CASE("shares of addresses that have gone are forgotten", "[body]") {
    const auto budget = std::make_shared<BodyBudget>(800, 0);
    const auto kept = budget->share_of("kept");
    for (int address = 0; address < 10'000; ++address) {
        budget->share_of(std::to_string(address));
    }
    CHECK(budget->share_count() < 200);
    CHECK(budget->share_of("kept") == kept);
}

} // namespace body_budget_test
