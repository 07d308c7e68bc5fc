// SPDX-License-Identifier: Apache-2.0
#include "net/descriptors.h"

#include "support/catch.h"

#include <sys/resource.h>

namespace heliosd::net {
namespace {

TEST_CASE("net: clients get what descriptors are left after the daemon's own") {
    struct Row {
        std::size_t descriptors, wanted, expected;
    };
    for (auto const& row : {
             Row{1'048'576, 10'000, 10'000}, // plenty: what was asked for
             Row{1024, 10'000, 768},         // the usual soft limit: a quarter is reserved
             Row{1024, 64, 64},              // an admin port asks for little
             Row{4096, 10'000, 3072},        // the reserve is at most 1024
             Row{8192, 10'000, 7168},        //
             Row{256, 10'000, 128},          // the reserve is at least 128
             Row{100, 10'000, 1},            // hopeless, but not zero: it has to answer something
             Row{1024, 0, 1},
         }) {
        INFO(row.descriptors << " descriptors, wanted " << row.wanted);
        CHECK(connection_limit(row.descriptors, row.wanted) == row.expected);
    }
}

TEST_CASE("net: the soft limit of descriptors is raised to the hard one") {
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    auto lower = usual;
    lower.rlim_cur = 512;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    CHECK(descriptor_limit() == 512);
    raise_descriptor_limit();
    CHECK(descriptor_limit() == usual.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &usual);
}

} // namespace
} // namespace heliosd::net
