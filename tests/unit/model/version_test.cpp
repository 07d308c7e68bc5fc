// SPDX-License-Identifier: Apache-2.0
#include "model/version.h"

#include "support/catch.h"

using namespace heliosd::model;

TEST_CASE("model: versions are three integers and perhaps -SNAPSHOT") {
    auto const written = [](std::string_view text) {
        auto const version = PomVersion::parse(text);
        return version ? version->to_string() : "none";
    };
    CHECK(written("0.9.283") == "0.9.283");
    CHECK(written("1.02.3") == "1.2.3");
    CHECK(written("+1.2.3-SNAPSHOT") == "1.2.3-SNAPSHOT");
    for (auto const* text :
         {"", "1", "1.2", "1.2.3.4", "1.2.x", "1.-2.3", "1. 2.3", "1.2.3 ", "1.2.3-snapshot",
          "1.2.3-SNAPSHOT-SNAPSHOT", "1..3", "1.2.+", "1.2.99999999999", "1.2.3x"}) {
        INFO(text);
        CHECK(written(text) == "none");
    }
    CHECK(PomVersion::parse(protocol_version));
}

TEST_CASE("model: a client's version is judged by major and minor") {
    PomVersion const server{.major = 0, .minor = 9, .patch = 283};
    auto const judged = [&](std::string_view client) {
        return to_string(compare_versions(client, server));
    };
    CHECK(judged("") == "MISSING");
    CHECK(judged("x") == "INVALID");
    CHECK(judged("0.9.283") == "EQUAL");
    CHECK(judged("0.9.283-SNAPSHOT") == "COMPATIBLE");
    CHECK(judged("0.9.300") == "COMPATIBLE");
    CHECK(judged("0.8.999") == "COMPATIBLE");
    CHECK(judged("0.10.0") == "MAYBE");
    CHECK(judged("1.9.283") == "INCOMPATIBLE");
}
