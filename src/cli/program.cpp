// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "net/http/client.h"
#include "net/resolver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <exception>
#include <ostream>

// The real surroundings of the program.
namespace heliosd::cli {

int run(int argc, char const* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
    // First, so that it dies last: connections that are kept for another call belong to it.
    asio::io_context loop{1};
    RealClock clock;
    SystemRng rng;
    RealFiles files;
    net::SystemResolver resolver(clock);
    net::RealHttpClient http(resolver);
    Surroundings world{.in = in,
                       .out = out,
                       .err = err,
                       .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                       .environment = process_environment(),
                       .uid = ::getuid(),
                       .http = http,
                       .clock = clock,
                       .rng = rng,
                       .files = files};
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);

    int code = 1;
    std::exception_ptr bug;
    asio::co_spawn(loop, run(std::move(words), world),
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
