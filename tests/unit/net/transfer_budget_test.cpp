// SPDX-License-Identifier: Apache-2.0
#include "net/transfer_budget.h"

#include "support/catch.h"

namespace heliosd::net {
namespace {

using namespace std::chrono_literals;

TEST_CASE("net: a peer that moves single bytes uses its transfer budget up") {
    TransferBudget budget(30s, 1000);
    CHECK(budget.next_wait() == 30s);
    budget.add(29s, 1);
    CHECK(budget.next_wait() == 1001ms);
    budget.add(1001ms, 0);
    CHECK(budget.next_wait() == 0s);
    budget.add(5s, 0);
    CHECK(budget.next_wait() == 0s);
}

TEST_CASE("net: a slow but steady peer may go on, with the longest silence unchanged") {
    TransferBudget budget(30s, 1000);
    for (int i = 0; i < 100; ++i) {
        CHECK(budget.next_wait() == 30s);
        budget.add(10s, 10'000);
    }
    budget.add(10s, 0);
    CHECK(budget.next_wait() == 20s);
}

TEST_CASE("net: without a rate only single waits are limited") {
    TransferBudget budget(30s);
    budget.add(24h, 1);
    CHECK(budget.next_wait() == 30s);
}

TEST_CASE("net: a transfer of terabytes does not overflow its budget") {
    TransferBudget budget(30s, 1000);
    budget.add(10s, UINT64_MAX);
    CHECK(budget.next_wait() == 30s);
}

} // namespace
} // namespace heliosd::net
