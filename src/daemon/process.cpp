// SPDX-License-Identifier: Apache-2.0
#include "daemon/process.h"

#include "base/async/signals.h"
#include "base/log.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

char const* signal_name(int signal) {
    return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

/// The first signal cancels the body, the second one ends the process at once.
Async<void> handle_signals(std::function<void()> stop) {
    int const first = co_await next_signal({SIGINT, SIGTERM});
    log::info("process", "Attempting gentle exit on {}", signal_name(first));
    stop();
    int const second = co_await next_signal({SIGINT, SIGTERM});
    log::warning("process", "Exiting with extreme prejudice due to {}", signal_name(second));
    // Status 0 as the reference has it [quirk]: service managers took it for an orderly end.
    _exit(0);
}

/// The exit status of a body that ended like this; says why on standard error when it failed.
int exit_status(std::string_view program, std::exception_ptr failure, Result<> const& outcome) {
    if (!failure) {
        if (outcome) return 0;
        fmt::print(stderr, "{}: {}\n", program, outcome.error().message);
        return 1;
    }
    if (is_cancellation(failure)) return 0;
    fmt::print(stderr, "{}: {}\n", program, message_of(failure));
    return 1;
}

} // namespace

int refuse(Error const& error) {
    fmt::print(stderr, "{}\n", error.message);
    return 1;
}

int print_text(std::string const& text) {
    fmt::print("{}", text);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

void end_process(std::string_view name, std::exception_ptr failure) {
    if (is_cancellation(failure)) return;
    log::error("process", "{} failed, exiting to be started anew: {}", name, message_of(failure));
    _exit(1);
}

Async<void> essential(Async<void> body) {
    std::string reason = "it ended";
    try {
        co_await std::move(body);
    } catch (...) {
        reason = message_of(std::current_exception());
    }
    co_await throw_if_cancelled();
    throw std::runtime_error(reason);
}

std::string node_name() {
    utsname names{};
    uname(&names);
    return names.nodename;
}

int run_process(Runtime& runtime, std::string_view program, Async<Result<>> body) {
    // A peer that went away is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    asio::cancellation_signal stop_body, stop_signals;
    int status = 0;
    asio::co_spawn(runtime.loop, std::move(body),
                   asio::bind_cancellation_slot(
                       stop_body.slot(), [&](std::exception_ptr failure, Result<> outcome) {
                           status = exit_status(program, failure, outcome);
                           stop_signals.emit(asio::cancellation_type::terminal);
                       }));
    auto stop = [&] { stop_body.emit(asio::cancellation_type::terminal); };
    asio::co_spawn(runtime.loop, handle_signals(stop),
                   asio::bind_cancellation_slot(stop_signals.slot(), [](std::exception_ptr) {}));
    runtime.loop.run();
    return status;
}

} // namespace heliosd::daemon
