// SPDX-License-Identifier: Apache-2.0
#include "support/zk_environment.h"

namespace heliosd::store {
namespace {

TEST_CASE("store: on a real ZooKeeper it keeps the contract") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    int number = 0;
    for (auto const& one : test::store_contract()) {
        ++number;
        DYNAMIC_SECTION(one.name) {
            test::ZkEnvironment environment(*server, "/contract-" + std::to_string(number));
            environment.run(one.run(environment));
        }
    }
}

} // namespace
} // namespace heliosd::store
