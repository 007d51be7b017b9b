#include "fair_queue.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace fair_queue_test {

using portrait::http::FairQueue;

namespace {

using Queue = FairQueue<int>;

std::vector<int> emptied(Queue& queue) {
    std::vector<int> order;
    while (!queue.empty())
        order.push_back(queue.pop());
    return order;
}

bool added(Queue& queue, int item, const std::string& owner, const std::string& also = "") {
    return queue.push(item, {owner, also.empty() ? "n" + std::to_string(item) : also}).added;
}

} // namespace

TEST_CASE("owners take turns, and each owner's items keep their order", "[http][fair_queue]") {
    Queue queue{{.all = 100, .of_one = 100}};
    for (int item = 0; item < 5; ++item)
        REQUIRE(added(queue, item, "a"));
    REQUIRE(added(queue, 10, "b"));
    REQUIRE(added(queue, 11, "b"));
    REQUIRE(added(queue, 20, "c"));
    CHECK(queue.size() == 8);
    CHECK(emptied(queue) == std::vector<int>{0, 10, 20, 1, 11, 2, 3, 4});
    CHECK(added(queue, 1, "a"));
    CHECK(emptied(queue) == std::vector<int>{1});
}

TEST_CASE("one owner and one second name have bounds of their own", "[http][fair_queue]") {
    Queue queue{{.all = 100, .of_one = 3}};
    for (int item = 0; item < 3; ++item)
        CHECK(added(queue, item, "a"));
    CHECK_FALSE(added(queue, 3, "a"));
    for (int item = 10; item < 13; ++item)
        CHECK(added(queue, item, "b" + std::to_string(item), "anna"));
    CHECK_FALSE(added(queue, 13, "b13", "anna"));
    CHECK(added(queue, 14, "b14", "bert"));
    CHECK(queue.pop() == 0);
    CHECK(queue.pop() == 10);
    CHECK(added(queue, 3, "a"));
    CHECK(added(queue, 13, "b13", "anna"));
    CHECK(queue.size() == 7);
}

TEST_CASE("a full queue makes room at the cost of the busiest owner", "[http][fair_queue]") {
    Queue queue{{.all = 6, .of_one = 6}};
    for (int item = 0; item < 4; ++item)
        REQUIRE(added(queue, item, "a"));
    REQUIRE(added(queue, 10, "b"));
    REQUIRE(added(queue, 20, "c"));
    const auto pushed = queue.push(30, {"d", "x"});
    CHECK(pushed.added);
    CHECK(pushed.displaced == 3);
    const auto second = queue.push(31, {"d", "y"});
    CHECK(second.added);
    CHECK(second.displaced == 2);
    // All have two or one by now: "d" may take no more, and a new owner takes one of "a".
    const auto third = queue.push(32, {"d", "z"});
    CHECK_FALSE(third.added);
    CHECK_FALSE(third.displaced.has_value());
    CHECK(queue.push(40, {"e", "z"}).displaced == 1);
    CHECK(emptied(queue) == std::vector<int>{0, 10, 20, 30, 40, 31});
}

TEST_CASE("a queue full of single items, and one without room, refuse", "[http][fair_queue]") {
    Queue queue{{.all = 3, .of_one = 3}};
    for (int item = 0; item < 3; ++item)
        REQUIRE(added(queue, item, std::to_string(item)));
    CHECK_FALSE(added(queue, 3, "3"));
    CHECK(queue.pop() == 0);
    CHECK(added(queue, 3, "3"));
    CHECK(emptied(queue) == std::vector<int>{1, 2, 3});

    Queue none{{.all = 0, .of_one = 16}};
    CHECK_FALSE(added(none, 1, "a"));
    CHECK(none.empty());
}

TEST_CASE("removed items leave no trace", "[http][fair_queue]") {
    Queue queue{{.all = 100, .of_one = 4}};
    for (int item = 0; item < 12; ++item)
        REQUIRE(added(queue, item, std::to_string(item % 4), "n" + std::to_string(item % 3)));
    std::vector<int> gone;
    queue.remove_if([](int item) { return item % 4 == 1 || item > 8; },
                    [&](int item) { gone.push_back(item); });
    CHECK(gone == std::vector<int>{1, 5, 9, 10, 11});
    CHECK(queue.size() == 7);
    CHECK(emptied(queue) == std::vector<int>{0, 2, 3, 4, 6, 7, 8});
    for (int item = 0; item < 4; ++item)
        CHECK(added(queue, item, "1", "n0"));
}

} // namespace fair_queue_test
