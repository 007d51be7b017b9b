#include "server/memory_budget.hpp"

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <utility>

namespace answer_budget_test {

using namespace portrait;
using namespace portrait::http;

namespace {

constexpr std::uint64_t kibibyte = 1024;

ImageBytes picture(std::uint64_t bytes) {
    return ImageBytes::copy_of(std::string(bytes, 'x'));
}

struct Client {
    explicit Client(std::shared_ptr<MemoryBudget> all)
        : budget{std::move(all)} {}
    MemoryCharge charge() const { return {*budget, *memory}; }

    std::shared_ptr<MemoryBudget> budget;
    std::shared_ptr<HeldMemory> memory = std::make_shared<HeldMemory>();
};

} // namespace

TEST_CASE("an answer's charge is released when the answer ends", "[answer-budget]") {
    const auto budget = std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 1000 * kibibyte, 0);
    const Client client{budget};
    {
        auto charge = client.charge();
        CHECK(charge.replace(picture(100 * kibibyte), false));
        CHECK(budget->used() == 100 * kibibyte);
        CHECK(charge.replace(picture(60 * kibibyte), false)); // replaces the earlier charge
        CHECK(budget->used() == 60 * kibibyte);
        charge.release();
        CHECK(budget->used() == 0);
        CHECK(charge.replace(std::string(50'000, 'x'), false));
        CHECK(budget->used() >= 50'000);
    }
    CHECK(budget->used() == 0);
    CHECK(client.memory->used() == 0);
}

TEST_CASE("a picture in several answers counts once", "[answer-budget]") {
    const auto budget =
        std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 2000 * kibibyte, 1000 * kibibyte);
    const Client first{budget};
    const Client second{budget};
    const auto shared = picture(900 * kibibyte);
    auto one = first.charge();
    auto two = first.charge();
    auto three = second.charge();
    CHECK(one.replace(shared, false));
    CHECK(two.replace(shared, false));
    CHECK(three.replace(shared.slice(5, 10), false)); // a part keeps the whole picture in memory
    CHECK(budget->used() == 900 * kibibyte);
    CHECK(first.memory->used() == 900 * kibibyte);
    CHECK(second.memory->used() == 900 * kibibyte);
    one.release();
    CHECK(budget->used() == 900 * kibibyte);
    CHECK(first.memory->used() == 900 * kibibyte);
    two.release();
    CHECK(budget->used() == 900 * kibibyte);
    CHECK(first.memory->used() == 0);
    three.release();
    CHECK(budget->used() == 0);
    CHECK(second.memory->used() == 0);
}

TEST_CASE("a part of a picture counts as the whole picture", "[answer-budget]") {
    const auto budget = std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 1000 * kibibyte, 0);
    const Client client{budget};
    auto charge = client.charge();
    CHECK(charge.replace(picture(100 * kibibyte).slice(0, 1), false));
    CHECK(budget->used() == 100 * kibibyte);
}

TEST_CASE("an address is limited to its share of the answers, without effect on other addresses",
          "[answer-budget]") {
    const auto budget = std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 8000 * kibibyte, 0);
    const Client greedy{budget};
    const Client other{budget};
    auto first = greedy.charge();
    auto second = greedy.charge();
    auto third = other.charge();
    CHECK(first.replace(picture(600 * kibibyte), false));
    CHECK_FALSE(second.replace(picture(500 * kibibyte), false));
    CHECK(budget->used() == 600 * kibibyte);
    CHECK(third.replace(picture(500 * kibibyte), false));
    first.release();
    CHECK(second.replace(picture(500 * kibibyte), false));
}

TEST_CASE("a single answer may exceed a limit", "[answer-budget]") {
    const auto budget =
        std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 1000 * kibibyte, 100 * kibibyte);
    const Client client{budget};
    const Client other{budget};
    auto alone = client.charge();
    CHECK(alone.replace(picture(700 * kibibyte), false)); // the only answer of its address
    auto second = client.charge();
    CHECK_FALSE(second.replace(picture(kibibyte), false));
    auto third = other.charge();
    CHECK_FALSE(third.replace(picture(400 * kibibyte), false));
    alone.release();
    // The only answer: it would never be accepted otherwise.
    CHECK(third.replace(picture(4000 * kibibyte), false));
}

TEST_CASE("large answers leave a part of the budget to small ones", "[answer-budget]") {
    const auto budget =
        std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 1600 * kibibyte, 1600 * kibibyte);
    const Client client{budget};
    auto first = client.charge();
    auto second = client.charge();
    auto small = client.charge();
    auto smaller = client.charge();
    CHECK(first.replace(picture(1400 * kibibyte), false));
    CHECK_FALSE(second.replace(picture(101 * kibibyte), false)); // exceeds fifteen sixteenths
    CHECK(second.replace(picture(100 * kibibyte), false));
    CHECK(small.replace(picture(64 * kibibyte), false));
    CHECK_FALSE(smaller.replace(picture(37 * kibibyte), false));
    CHECK(smaller.replace(picture(36 * kibibyte), false));
}

TEST_CASE("the answer to a write counts and is never refused", "[answer-budget]") {
    const auto budget = std::make_shared<MemoryBudget>(MemoryBudget::Of::answers, 100 * kibibyte, 0);
    const Client client{budget};
    auto first = client.charge();
    auto second = client.charge();
    CHECK(first.replace(std::string(90 * kibibyte, 'x'), false));
    CHECK_FALSE(second.replace(std::string(20 * kibibyte, 'x'), false));
    CHECK(second.replace(std::string(20 * kibibyte, 'x'), true));
    CHECK(budget->used() >= 110 * kibibyte);
}

} // namespace answer_budget_test
