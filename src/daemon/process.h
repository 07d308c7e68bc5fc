// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/offload.h"
#include "base/async/rng.h"
#include "base/files.h"
#include "base/log.h"
#include "base/result.h"
#include "daemon/options.h"
#include "net/descriptors.h"
#include "net/http/client.h"
#include "net/resolver.h"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

/// The daemons' wiring: real clocks, sockets and files behind the interfaces that everything else
/// stands on.
namespace heliosd::daemon {

/// The real world of one process. Everything else holds references into it.
struct Runtime {
    asio::io_context loop{1};
    RealClock clock;
    SystemRng rng;
    RealFiles files;
    ThreadOffload offload;
    net::SystemResolver resolver{clock};
    net::RealHttpClient http{resolver};
};

/// Runs `body` until it ends or the process is told to: SIGTERM and SIGINT cancel it, a second one
/// ends the process at once. Answers the exit status: 0 after a signal, 1 with the reason on
/// standard error when the body failed. `program` is the name in front of that sentence.
int run_process(Runtime& runtime, std::string_view program, Async<Result<>> body);

/// For a `TaskGroup` whose children the process cannot do without: when one fails, the process ends
/// with status 1, and whoever supervises it starts it anew. No container is touched by that.
void end_process(std::string_view name, std::exception_ptr failure);
/// Such a child, which is meant to run until it is told to stop: ending earlier is a failure, too.
Async<void> essential(Async<void> body);

/// Prints a message to standard error; answers 1.
int refuse(Error const& error);
/// Prints a text to standard output; answers 0, or 1 when it cannot be written.
int print_text(std::string const& text);

/// What `uname -n` says.
std::string node_name();

/// Prints what `read_…_options` refused or was asked to explain, or sets the log up and runs the
/// daemon.
template <class Setup>
int run_daemon(std::string_view program, Read<Setup> read,
               Async<Result<>> (*body)(Runtime& runtime, Setup setup)) {
    if (!read) return refuse(read.error());
    if (auto const* help = std::get_if<std::string>(&*read)) return print_text(*help);
    auto& setup = std::get<Setup>(*read);
    if (setup.verbosity > 0) log::set_level(log::Level::debug);
    net::raise_descriptor_limit();
    Runtime runtime;
    return run_process(runtime, program, body(runtime, std::move(setup)));
}

} // namespace heliosd::daemon
