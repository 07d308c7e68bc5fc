// SPDX-License-Identifier: Apache-2.0
#include "sim/docker_host.h"

#include "base/async/auto_reset_event.h"
#include "base/async/within.h"

#include <deque>
#include <utility>

namespace heliosd::sim {

using namespace std::chrono_literals;
using docker::EngineErrc;
using test::Call;

namespace {

std::unexpected<Error> connection_broke() {
    return fail(EngineErrc::broken, "docker: connection reset by peer");
}

} // namespace

template <class T> struct DockerHost::Answer {
    explicit Answer(Executor executor) : there(executor) {}
    std::optional<Result<T>> value;
    AutoResetEvent there;

    void put(Result<T> outcome) {
        value = std::move(outcome);
        there.set();
    }
    static Async<Result<T>> wait(std::shared_ptr<Answer> self) {
        co_await self->there.wait();
        co_return std::move(*self->value);
    }
};

DockerHost::DockerHost(Executor executor, Clock& clock, Rng& rng, Trace& trace, std::string name)
    : executor_(executor),
      clock_(clock),
      rng_(rng),
      trace_(trace),
      name_(std::move(name)),
      engine_(executor, clock, rng),
      changed_(executor),
      calls_(executor) {
    engine_.set_latency(Duration::zero());
}

DockerHost::~DockerHost() = default;

void DockerHost::set_frozen(bool frozen) {
    frozen_ = frozen;
    changed_.notify();
}

void DockerHost::go_down(bool live_restore) {
    down_ = true;
    ++lives_;
    engine_.set_down(true);
    if (!live_restore)
        for (auto const& container : engine_.containers())
            if (container.info.running) engine_.die(container.info.id, 137);
    changed_.notify();
}

void DockerHost::come_back() {
    down_ = false;
    engine_.set_down(false);
}

Async<void> DockerHost::shut_down() {
    calls_.cancel();
    co_await calls_.drained();
}

std::unique_ptr<DockerHost::Client> DockerHost::connect(std::function<void()> on_call) {
    return std::make_unique<Client>(*this, std::move(on_call));
}

DockerHost::Plan DockerHost::plan(Call call) {
    Plan plan;
    bool const slow = call == Call::create || call == Call::start;
    plan.delay = slow ? 20ms + std::chrono::milliseconds{rng_.below(150)}
                      : 1ms + std::chrono::microseconds{rng_.below(3000)};
    if (call == Call::events) return plan;
    if (chance(faults.refused)) plan.refused = true;
    if (chance(faults.broken)) plan.broken = true;
    if (call == Call::start && chance(faults.not_done)) plan.not_done = true;
    if (chance(faults.late)) plan.delay += 25s + std::chrono::milliseconds{rng_.below(25000)};
    return plan;
}

Async<void> DockerHost::delay(Duration length) {
    constexpr Duration step = 1s;
    for (; length > step && !hurries_; length -= step) co_await clock_.sleep(step);
    co_await clock_.sleep(std::min(length, step));
}

Async<void> DockerHost::until_thawed() {
    while (frozen_) co_await changed_.wait();
}

SteadyTime DockerHost::created(std::string const& id) const {
    auto const* container = engine_.find(id);
    auto const found = created_.find(container ? container->info.name : "");
    return found == created_.end() ? SteadyTime{} : found->second;
}

void DockerHost::stopping(std::string const& id, std::string_view call) {
    auto const* container = engine_.find(id);
    if (container && container->info.running && on_stop_) on_stop_(*container, call);
}

template <class T>
Async<void> DockerHost::carry_out(Plan plan, std::function<Async<Result<T>>()> deed,
                                  std::shared_ptr<Answer<T>> answer) {
    auto const life = lives_;
    co_await delay(plan.delay);
    co_await until_thawed();
    if (life != lives_) {
        answer->put(connection_broke());
    } else if (plan.refused) {
        answer->put(fail(EngineErrc::request, "docker: server error"));
    } else {
        if constexpr (std::is_void_v<T>) {
            if (plan.not_done) {
                answer->put(Result<>{});
                co_return;
            }
        }
        auto outcome = co_await deed();
        if (plan.broken) outcome = connection_broke();
        answer->put(std::move(outcome));
    }
}

template <class T>
Async<Result<T>> DockerHost::Client::call(Call kind, std::string subject,
                                          std::function<Async<Result<T>>()> deed,
                                          std::optional<Duration> limit) {
    auto& host = host_;
    on_call_();
    if (dead_) co_return connection_broke();
    if (host.down_) {
        co_await host.clock_.sleep(1ms);
        co_return fail(EngineErrc::unavailable, "docker: connection refused");
    }
    auto const plan = host.plan(kind);
    bool const looks = kind == Call::inspect || kind == Call::list || kind == Call::ping;
    bool const bad = plan.refused || plan.broken || plan.not_done || plan.delay > 10s;
    if (!looks || bad)
        host.trace_.add("{}: docker {} {}{}{}{}{}", host.name_, test::to_string(kind),
                        subject.substr(0, 40), plan.refused ? " (500)" : "",
                        plan.broken ? " (answer lost)" : "", plan.not_done ? " (not done)" : "",
                        plan.delay > 10s ? " (late)" : "");
    auto answer = std::make_shared<Answer<T>>(host.executor_);
    host.calls_.spawn("docker call", host.carry_out(plan, std::move(deed), answer));
    on_call_();
    auto waiting = Answer<T>::wait(answer);
    if (!limit) co_return co_await std::move(waiting);
    auto outcome = co_await within(host.clock_, *limit, std::move(waiting));
    if (!outcome && outcome.error().code == Errc::timed_out)
        co_return fail(EngineErrc::timed_out, "docker: no answer within 30s");
    on_call_();
    if (dead_) co_return connection_broke();
    co_return outcome;
}

/// An event stream that loses, doubles and delays what the daemon tells.
class DockerHost::Client::Events final : public docker::EventStream {
public:
    Events(DockerHost& host, std::unique_ptr<docker::EventStream> stream)
        : host_(host), stream_(std::move(stream)) {}

    Async<Result<docker::Event>> next() override {
        if (again_) co_return *std::exchange(again_, std::nullopt);
        for (;;) {
            auto event = CO_TRY(co_await stream_->next());
            co_await host_.until_thawed();
            if (host_.chance(host_.faults.event_lost)) continue;
            if (host_.chance(host_.faults.event_twice)) again_ = event;
            if (host_.chance(host_.faults.event_late))
                co_await host_.clock_.sleep(std::chrono::milliseconds{host_.rng_.below(4000)});
            co_return event;
        }
    }

private:
    DockerHost& host_;
    std::unique_ptr<docker::EventStream> stream_;
    std::optional<docker::Event> again_;
};

Async<Result<docker::Version>> DockerHost::Client::version() {
    return call<docker::Version>(Call::version, "",
                                 [&host = host_] { return host.engine_.version(); });
}

Async<Result<>> DockerHost::Client::ping() {
    return call<void>(Call::ping, "", [&host = host_] { return host.engine_.ping(); });
}

Async<Result<std::string>> DockerHost::Client::create(docker::ContainerSpec spec) {
    auto const name = spec.name;
    host_.created_.emplace(name, host_.clock_.now());
    return call<std::string>(Call::create, name,
                             [&host = host_, spec] { return host.engine_.create(spec); });
}

Async<Result<>> DockerHost::Client::start(std::string id) {
    return call<void>(Call::start, id, [&host = host_, id] { return host.engine_.start(id); });
}

Async<Result<>> DockerHost::Client::stop(std::string id, std::chrono::seconds grace) {
    auto const deed = [&host = host_, id, grace] {
        host.stopping(id, "stop");
        return host.engine_.stop(id, grace);
    };
    return call<void>(Call::stop, id, deed, std::nullopt);
}

Async<Result<>> DockerHost::Client::kill(std::string id, std::string signal) {
    return call<void>(Call::kill, id, [&host = host_, id, signal] {
        host.stopping(id, "kill");
        return host.engine_.kill(id, signal);
    });
}

Async<Result<>> DockerHost::Client::remove(std::string id, bool force) {
    return call<void>(Call::remove, id, [&host = host_, id, force] {
        if (force) host.stopping(id, "remove");
        return host.engine_.remove(id, force);
    });
}

Async<Result<docker::ContainerInfo>> DockerHost::Client::inspect(std::string id) {
    return call<docker::ContainerInfo>(Call::inspect, id,
                                       [&host = host_, id] { return host.engine_.inspect(id); });
}

Async<Result<std::vector<docker::ContainerSummary>>>
DockerHost::Client::list(docker::ListFilter filter) {
    return call<std::vector<docker::ContainerSummary>>(
        Call::list, "", [&host = host_, filter] { return host.engine_.list(filter); });
}

Async<Result<bool>> DockerHost::Client::has_image(std::string image) {
    return call<bool>(Call::has_image, image,
                      [&host = host_, image] { return host.engine_.has_image(image); });
}

Async<Result<>> DockerHost::Client::pull(std::string image, docker::OnProgress) {
    return call<void>(Call::pull, image,
                      [&host = host_, image] { return host.engine_.pull(image); });
}

Async<Result<std::unique_ptr<docker::EventStream>>> DockerHost::Client::events() {
    using Stream = std::unique_ptr<docker::EventStream>;
    auto stream = CO_TRY(
        co_await call<Stream>(Call::events, "", [&host = host_] { return host.engine_.events(); }));
    co_return std::make_unique<Events>(host_, std::move(stream));
}

Async<Result<std::unique_ptr<docker::LogStream>>>
DockerHost::Client::logs(std::string id, docker::LogOptions options) {
    using Stream = std::unique_ptr<docker::LogStream>;
    return call<Stream>(Call::logs, id,
                        [&host = host_, id, options] { return host.engine_.logs(id, options); });
}

} // namespace heliosd::sim
