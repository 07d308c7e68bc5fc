// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "net/http/client.h"
#include "net/resolver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <ostream>

// The program on the real clock, files and network.
namespace heliosd::cli {

int run(int argc, char const* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
    // Destroyed last: connections that are kept for another call belong to it.
    asio::io_context loop{1};
    RealClock clock;
    SystemRng rng;
    RealFiles files;
    net::SystemResolver resolver(clock);
    net::RealHttpClient http(resolver);
    Services services{
        .in = in, .out = out, .err = err, .http = http, .clock = clock, .rng = rng, .files = files};
    Process process{.environment = process_environment(),
                    .uid = ::getuid(),
                    .out_is_terminal = ::isatty(STDOUT_FILENO) == 1};
    std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));

    int code = 1;
    std::exception_ptr bug;
    asio::co_spawn(loop, run(std::move(words), std::move(process), services),
                   [&](std::exception_ptr thrown, int answered) {
                       bug = thrown;
                       code = answered;
                       loop.stop();
                   });
    loop.run();
    if (bug) std::rethrow_exception(bug);
    if (!out.flush()) {
        err << "helios: not all of the output could be written\n";
        return 1;
    }
    return code;
}

} // namespace heliosd::cli
