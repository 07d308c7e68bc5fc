// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"

#include "support/catch.h"

namespace heliosd::layout {
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

} // namespace
} // namespace heliosd::layout
