// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include "base/async/task_group.h"
#include "store/embedded/embedded_store.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <thread>

namespace heliosd::bench {

using namespace std::chrono_literals;

namespace {

/// A disk that takes its time.
class SlowJournal final : public store::Journal {
public:
    Result<Content> load() override { return Content{}; }
    Result<> commit(Group const&) override {
        std::this_thread::sleep_for(50ms);
        return {};
    }
};

Async<void> tick(Clock& clock, double& longest) {
    for (auto last = clock.now();;) {
        co_await clock.sleep(1ms);
        auto const now = clock.now();
        longest = std::max(longest, std::chrono::duration<double, std::milli>(now - last).count());
        last = now;
    }
}

Async<void> write(store::Store& store) {
    for (int i = 0; i < 40; ++i) {
        auto const created = co_await store.create(fmt::format("/n{}", i), std::string(2000, 'x'));
        if (!created) throw std::runtime_error(created.error().message);
    }
}

Async<void> write_while_ticking(TaskGroup& group, Clock& clock, store::Store& store,
                                double& longest) {
    group.spawn("tick", tick(clock, longest));
    co_await write(store);
}

} // namespace

double measure_stall() {
    asio::io_context loop{1};
    RealClock clock;
    ThreadOffload offload;
    auto ensemble = store::EmbeddedEnsemble::open(loop.get_executor(), clock, offload,
                                                  std::make_unique<SlowJournal>());
    if (!ensemble) throw std::runtime_error(ensemble.error().message);
    auto store = (*ensemble)->connect();
    double longest = 0;
    TaskGroup group(loop.get_executor());
    std::exception_ptr failure;
    asio::co_spawn(loop, group.scope(write_while_ticking(group, clock, *store, longest)),
                   [&](std::exception_ptr f) { failure = f; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return longest;
}

} // namespace heliosd::bench
