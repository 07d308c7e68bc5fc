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
      slots_(executor, parallel),
      ordered_(executor) {
}

void Images::want(std::string image, Done done) {
    auto& others = waiting_[image];
    bool const under_way = !others.empty();
    others.push_back(std::move(done));
    if (under_way) return;
    orders_.push_back(std::move(image));
    ordered_.set();
}

Async<void> Images::run() {
    // Whoever waits for a pull that was broken off with the last run waits for this one.
    orders_.clear();
    for (auto const& [image, waiting] : waiting_) orders_.push_back(image);
    ordered_.set();
    return pulls_.scope(take_orders());
}

Async<void> Images::take_orders() {
    for (;;) {
        co_await ordered_.wait();
        auto orders = std::exchange(orders_, {});
        for (auto& image : orders) {
            auto body = provide(image);
            pulls_.spawn("pull " + image, std::move(body));
        }
    }
}

/// However a pull ends, those who wait for it hear of it: they would wait for ever, and so would
/// all who want the image later. Only a cancellation tells them nothing: the next run pulls again.
Async<void> Images::provide(std::string image) {
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
    auto const slot = co_await slots_.acquire();
    // What a digest names cannot change: if it is here it is the right one.
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
    if (!here) co_return std::unexpected(here.error());
    co_return pulled;
}

} // namespace heliosd::agent
