// SPDX-License-Identifier: Apache-2.0
#include "support/catch.h"
#include "unit/agent/site.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using test::Site;

Async<void> refuse_to_start(Site& site) {
    site.h1.boot();
    co_await site.sleep(1s);
    Agent second(site.h1.options, {.executor = site.world.executor(),
                                   .clock = site.world.clock,
                                   .rng = site.rng,
                                   .files = site.h1.files,
                                   .offload = site.offload,
                                   .store = *site.h1.store,
                                   .engine = site.engine});
    auto const outcome = co_await second.run();
    REQUIRE(!outcome);
    CHECK(outcome.error().message == "State lock file already locked: /state/lock");
    co_await site.h1.shut_down();

    site.h1.files.fail_writes = "read-only file system";
    site.h1.files.content.erase("/state/id");
    site.h1.boot();
    co_await site.sleep(1s);
    REQUIRE(site.h1.outcome());
    REQUIRE(!*site.h1.outcome());
    CHECK(site.h1.outcome()->error().message.find("--state-dir") == 0);
    CHECK(site.h1.outcome()->error().message.ends_with(
        "read-only file system: give a directory that this user may write"));
}

TEST_CASE("agent: a state directory in use or not writable is refused in one sentence") {
    Site site;
    site.run(refuse_to_start(site));
}

Async<void> find_a_newer_directory(Site& site) {
    site.h1.files.content["/state/heliosd.json"] = R"({"format":99})";
    site.h1.boot();
    co_await site.sleep(1s);
    REQUIRE(site.h1.outcome());
    REQUIRE(!*site.h1.outcome());
    CHECK(site.h1.outcome()->error().message ==
          "--state-dir: /state/heliosd.json: the state directory was written by a newer heliosd "
          "(format 99, this one knows 1): install that version again");
}

TEST_CASE("agent: a state directory of a newer version is refused, and left as it is") {
    Site site;
    site.run(find_a_newer_directory(site));
    CHECK(site.h1.files.content.at("/state/heliosd.json") == R"({"format":99})");
}

} // namespace
} // namespace heliosd::agent
