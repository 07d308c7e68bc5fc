// SPDX-License-Identifier: Apache-2.0
#include "support/servers.h"

#include "support/catch.h"

#include <cstdlib>
#include <iostream>

namespace heliosd::test {
namespace {

std::optional<std::string> from_environment(char const* variable) {
    if (char const* value = std::getenv(variable); value && *value) return value;
    std::string const reason = Catch::getResultCapture().getCurrentTestName() + ": " + variable +
                               " is not set; run the tests under tests/support/with-servers";
    char const* required = std::getenv("HELIOSD_TEST_REQUIRE");
    if (required && std::string_view(required) == "1") FAIL(reason);
    std::cout << "SKIPPED: " << reason << std::endl;
    return std::nullopt;
}

} // namespace

std::optional<std::string> real_docker() {
    return from_environment("HELIOSD_TEST_DOCKER");
}
std::optional<std::string> real_zookeeper() {
    return from_environment("HELIOSD_TEST_ZK");
}
std::optional<std::string> real_registry() {
    return from_environment("HELIOSD_TEST_REGISTRY");
}
std::optional<std::string> real_image() {
    return from_environment("HELIOSD_TEST_IMAGE");
}

} // namespace heliosd::test
