// SPDX-License-Identifier: Apache-2.0
#include "agent/state/state_file.h"

#include "base/async/task_group.h"
#include "support/catch.h"
#include "support/run.h"
#include "unit/agent/log_lines.h"

#include <optional>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using heliosd::test::World;

/// A file that holds `content`, and a moment at which a write of it has just begun.
struct Rig {
    World world;
    SeededRng rng{9};
    MemoryFiles files;
    InlineOffload offload;
    TaskGroup group{world.executor()};
    std::string content = "first";
    std::function<void()> while_writing = [] {};
    StateFile file{{world.executor(), world.clock, rng, files, offload}, "/s/x", 0s, [this] {
                       std::exchange(while_writing, [] {})();
                       return content;
                   }};
    test::LogLines log;
    std::optional<Result<>> saved;

    Async<void> save() { saved = co_await file.saved(file.version()); }
    Async<void> run(Async<void> scenario) {
        group.spawn("file", file.run());
        co_await group.scope(std::move(scenario));
    }
};

Async<void> fail_and_recover(Rig& rig) {
    rig.files.fail_writes = "no space left on device";
    rig.file.touch();
    co_await rig.save();
    REQUIRE(!*rig.saved);
    CHECK(rig.saved->error().message == "cannot write /s/x: no space left on device");
    rig.files.fail_writes.clear();
    co_await rig.world.clock.sleep(2s);
    co_await rig.save();
    CHECK(rig.saved->has_value());
    CHECK(rig.files.content.at("/s/x") == "first");
    CHECK(rig.log.size() == 2);
}

TEST_CASE("agent: who waits for a state file hears of a failure, and of the success after it") {
    Rig rig;
    rig.world.run(rig.run(fail_and_recover(rig)));
}

/// What is asked for while the write is under way that ends a series of failures comes too late for
/// that write, and is in the next.
Async<void> change_during_recovery(Rig& rig) {
    rig.files.fail_writes = "no space left on device";
    rig.file.touch();
    co_await rig.world.clock.sleep(500ms);
    rig.files.fail_writes.clear();
    rig.while_writing = [&rig] {
        rig.file.touch();
        rig.group.spawn("saved", rig.save());
    };
    co_await rig.world.clock.sleep(2s);
    REQUIRE(rig.saved);
    CHECK(rig.saved->has_value());
}

TEST_CASE("agent: a failure before the success is not told to who asks after it") {
    Rig rig;
    rig.world.run(rig.run(change_during_recovery(rig)));
}

Async<void> save_the_first(Rig& rig) {
    rig.file.touch();
    auto const first = rig.file.version();
    co_await rig.world.clock.sleep(1s);
    rig.files.fail_writes = "no space left on device";
    rig.file.touch();
    rig.saved = co_await rig.file.saved(first);
    CHECK(rig.saved->has_value());
    rig.saved = co_await rig.file.saved(rig.file.version());
    CHECK(!*rig.saved);
}

TEST_CASE("agent: what is on disk is saved, whatever cannot be written after it") {
    Rig rig;
    rig.world.run(rig.run(save_the_first(rig)));
}

} // namespace
} // namespace heliosd::agent
