// SPDX-License-Identifier: Apache-2.0
#include "base/async/offload.h"
#include "base/log.h"

#include "support/catch.h"
#include "support/run.h"

#include <memory>
#include <stdexcept>
#include <string>

namespace heliosd {
namespace {

Async<std::string> outcome_of(Offload* offload, std::function<std::string()> work) {
    std::string failure;
    try {
        co_return co_await offload->run(std::move(work));
    } catch (std::exception const& e) {
        failure = e.what();
    }
    co_return "thrown: " + failure;
}

std::string breaks() {
    throw std::runtime_error("broken");
}

TEST_CASE("async: offloaded work that throws reaches its caller, and the thread goes on") {
    std::unique_ptr<Offload> offload;
    SECTION("on a thread") {
        offload = std::make_unique<ThreadOffload>();
    }
    SECTION("inline") {
        offload = std::make_unique<InlineOffload>();
    }
    test::RealWorld world;
    CHECK(world.run(outcome_of(offload.get(), breaks)) == "thrown: broken");
    CHECK(world.run(outcome_of(offload.get(), [] { return std::string("fine"); })) == "fine");
}

TEST_CASE("async: enqueued work that throws is logged, and does not end the process") {
    std::string logged;
    log::set_sink([&](std::string_view line) { logged += line; });
    {
        ThreadOffload offload;
        offload.enqueue([] { breaks(); });
    }
    log::set_sink({});
    CHECK(logged.find("work failed: broken") != std::string::npos);
}

} // namespace
} // namespace heliosd
