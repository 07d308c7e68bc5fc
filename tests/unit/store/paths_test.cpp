// SPDX-License-Identifier: Apache-2.0
#include "store/paths.h"

#include "support/catch.h"

namespace heliosd::store::paths {
namespace {

TEST_CASE("paths: the nodes of a host, a job and their meeting points") {
    CHECK(host_id("web1") == "/config/hosts/web1/id");
    CHECK(host_job("web1", "a:1:h") == "/config/hosts/web1/jobs/a:1:h");
    CHECK(host_job_creation("web1", "a:1:h", "u") == "/config/hosts/web1/jobs/a:1:h/creation-u");
    CHECK(host_port("web1", 8080) == "/config/hosts/web1/ports/8080");
    CHECK(job_creation("a:1:h", "u") == "/config/jobs/a:1:h/creation-u");
    CHECK(job_host("a:1:h", "web1") == "/config/jobs/a:1:h/hosts/web1");
    CHECK(job_ref("a:1") == "/config/jobrefs/a:1");
    CHECK(status_job("web1", "a:1:h") == "/status/hosts/web1/jobs/a:1:h");
    CHECK(status_master_up("m1") == "/status/masters/m1/up");
    CHECK(history_event("a:1:h", "web1", "17") == "/history/jobs/a:1:h/hosts/web1/events/17");
}

TEST_CASE("paths: names ZooKeeper refuses are no node names") {
    for (auto name : {"web1.example.net", "a:1:h", "ä", "a b", "..."}) CHECK(is_node_name(name));
    for (auto name : {"", ".", "..", "a/b", "/", "a\n", "\x7f", "\xc2\x80", "\xef\xbf\xbf"})
        CHECK_FALSE(is_node_name(name));
}

TEST_CASE("paths: below splits a path at its root") {
    auto const found = below(config_hosts, "/config/hosts/web1/jobs/a:1:h");
    REQUIRE(found);
    CHECK(found->name == "web1");
    CHECK(found->rest == "jobs/a:1:h");
    CHECK(below(config_hosts, "/config/hosts/web1")->rest.empty());
    CHECK_FALSE(below(config_hosts, "/config/hosts"));
    CHECK_FALSE(below(config_hosts, "/config/hostsX/web1"));
}

} // namespace
} // namespace heliosd::store::paths
