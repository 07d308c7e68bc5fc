// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.h"
#include "net/http/in_process.h"
#include "support/run.h"
#include "unit/cli/fake_master.h"

#include <cstdlib>
#include <sstream>

namespace heliosd::test {

/// Somebody who types at a shell: a cluster on `http://master1:5801` (and a second, empty one on
/// `http://master2:5801`), files, variables, and what came back.
struct Terminal {
    static constexpr WallTime now{std::chrono::milliseconds{1718001140000}}; ///< 10 June 2024

    World world{now};
    net::InProcessHttp http{world.clock};
    SeededRng rng{7};
    MemoryFiles files;
    FakeMaster master = FakeMaster::sample(now);
    FakeMaster second;
    Environment environment{{"HELIOS_MASTER", "http://master1:5801"}, {"USER", "mia"}};
    std::string typed; ///< on standard input
    bool out_is_terminal = false;

    std::string out, err;

    Terminal() {
        ::setenv("TZ", "UTC", 1);
        http.serve({.host = "master1", .port = 5801}, master.handler());
        http.serve({.host = "master2", .port = 5801}, second.handler());
    }
    Terminal(Terminal const&) = delete;

    cli::Process process() const {
        return {.environment = environment, .uid = 1000, .out_is_terminal = out_is_terminal};
    }

    /// Runs `helios WORDS` and answers its exit code.
    int helios(std::vector<std::string> words) {
        std::istringstream in(typed);
        std::ostringstream out_stream, err_stream;
        cli::Services services{.in = in,
                               .out = out_stream,
                               .err = err_stream,
                               .http = http,
                               .clock = world.clock,
                               .rng = rng,
                               .files = files};
        auto const code = world.run(cli::run(std::move(words), process(), services));
        out = out_stream.str();
        err = err_stream.str();
        return code;
    }
};

} // namespace heliosd::test
