// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

/// The real servers that tests/support/with-servers starts. A test asks for each one it needs:
///
///     auto const docker = test::real_docker();
///     if (!docker) return;
///
/// Without the server the test says `SKIPPED: …` on its way out, or fails if HELIOSD_TEST_REQUIRE
/// is 1.
namespace heliosd::test {

/// Says so, or fails the test where nothing may be missing.
void skip(std::string const& reason);

std::optional<std::string> real_docker();    ///< `unix:///…/docker.sock`
std::optional<std::string> real_zookeeper(); ///< `127.0.0.1:PORT`
std::optional<std::string> real_registry();  ///< `127.0.0.1:PORT`
/// A busybox that is in the daemon and in the registry, `127.0.0.1:PORT/busybox:v1`.
std::optional<std::string> real_image();

} // namespace heliosd::test
