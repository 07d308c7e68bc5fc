// SPDX-License-Identifier: Apache-2.0
#include "support/servers.h"

#include "support/catch.h"

#include <cstdlib>
#include <iostream>

namespace heliosd::test {
namespace {

std::optional<std::string> from_environment(char const* variable) {
    if (char const* value = std::getenv(variable); value && *value) return value;
    skip(std::string(variable) + " is not set; run the tests under tests/support/with-servers");
    return std::nullopt;
}

} // namespace

void skip(std::string const& reason) {
    char const* const required = std::getenv("HELIOSD_TEST_REQUIRE");
    if (required && std::string_view(required) == "1") FAIL(reason);
    std::cout << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << ": " << reason
              << std::endl;
}

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
