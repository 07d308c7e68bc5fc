// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/images.h"

#include "base/async/within.h"
#include "base/log.h"

#include <exception>
#include <utility>

namespace heliosd::agent {

using namespace std::chrono_literals;
using docker::EngineErrc;

Images::Images(Executor executor, Clock& clock, docker::Engine& engine, std::size_t parallel)
    : clock_(clock),
      engine_(engine),
      pulls_(executor),
      pull_limit_(executor, parallel),
      requested_(executor) {
}

void Images::request(std::string image, Done done) {
    auto& others = waiting_[image];
    bool const under_way = !others.empty();
    others.push_back(std::move(done));
    if (under_way) return;
    requests_.push_back(std::move(image));
    requested_.set();
}

Async<void> Images::run() {
    // Requests whose pull was cancelled with the last run are pulled again.
    requests_.clear();
    for (auto const& [image, waiting] : waiting_) requests_.push_back(image);
    requested_.set();
    return pulls_.scope(dispatch());
}

Async<void> Images::dispatch() {
    for (;;) {
        co_await requested_.wait();
        auto requests = std::exchange(requests_, {});
        for (auto& image : requests) {
            auto body = serve(image);
            pulls_.spawn("pull " + image, std::move(body));
        }
    }
}

/// Calls back every waiter however the pull ends, or they and all later requests for the image
/// would wait for ever. After a cancellation nobody is called: the next run pulls again.
Async<void> Images::serve(std::string image) {
    Result<> outcome = fail(Errc::closed, "the pull of \"" + image + "\" met an internal error");
    std::exception_ptr fault;
    try {
        outcome = co_await fetch(image);
    } catch (...) {
        fault = std::current_exception();
    }
    co_await throw_if_cancelled();
    auto const waiting = waiting_.extract(image);
    for (auto const& done : waiting.mapped()) done(outcome);
    if (fault) std::rethrow_exception(fault);
}

Async<Result<>> Images::fetch(std::string image) {
    auto const slot = co_await pull_limit_.acquire();
    // An image named by digest cannot change, so a local one need not be pulled.
    if (image.find('@') != std::string::npos) {
        auto const here = co_await within(clock_, 60s, engine_.has_image(image));
        if (here && *here) co_return Result<>{};
    }
    // The engine ends a pull that is silent for too long; a large image may take hours.
    auto pulled = co_await within(clock_, 24h, engine_.pull(image));
    if (pulled || pulled.error().code == EngineErrc::unavailable) co_return pulled;
    auto const here = co_await within(clock_, 60s, engine_.has_image(image));
    if (here && *here) {
        log::info("agent", "cannot pull \"{}\", using the one that is here: {}", image,
                  pulled.error().message);
        co_return Result<>{};
    }
    CO_TRY(here);
    co_return pulled;
}

} // namespace heliosd::agent
