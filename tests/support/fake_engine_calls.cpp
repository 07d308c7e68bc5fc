// SPDX-License-Identifier: Apache-2.0
#include "base/async/within.h"
#include "support/fake_engine.h"

#include "base/async/auto_reset_event.h"

#include "base/async/condition.h"

#include <stdexcept>

namespace heliosd::test {

using namespace std::chrono_literals;
using docker::EngineErrc;

namespace {

Error connection_broke() {
    return {EngineErrc::broken, "docker: connection reset by peer"};
}

Async<Result<>> next_change(Condition& changed) {
    co_await changed.wait();
    co_return Result<>{};
}

} // namespace

// --- what every call has in common

Async<Result<>> FakeEngine::reach(Call call, std::string subject) {
    ++calls_[call];
    trace_.push_back(std::string(to_string(call)) + (subject.empty() ? "" : " ") + subject);
    if (throwing_.erase(call) > 0) throw std::runtime_error("planted fault");
    if (down_) co_return fail(EngineErrc::unavailable, "docker: connection refused");

    auto const breaks = breaks_;
    co_await clock_.sleep(latencies_[call]);
    auto const deadline = clock_.now() + 30s;
    while (hanging_ && breaks == breaks_) {
        if (call == Call::stop) {
            co_await changed_.wait();
            continue;
        }
        auto const rest = deadline - clock_.now();
        if (rest <= Duration::zero())
            co_return fail(EngineErrc::timed_out, "docker: no answer within 30s");
        auto change = next_change(changed_);
        (void)co_await within(clock_, rest, std::move(change));
    }
    if (breaks != breaks_) co_return std::unexpected(connection_broke());
    apply_late_effects();
    co_return Result<>{};
}

void FakeEngine::apply_late_effects() {
    while (!late_effects_.empty() && late_effects_.begin()->first <= clock_.now()) {
        auto const effect = late_effects_.extract(late_effects_.begin());
        effect.mapped()();
    }
}

std::optional<FakeEngine::Fault> FakeEngine::take_fault(Call call) {
    auto& planted = faults_[call];
    if (planted.empty()) return std::nullopt;
    auto fault = std::move(planted.front());
    planted.pop_front();
    return fault;
}

template <class T>
Async<Result<T>> FakeEngine::perform(Call call, std::string subject,
                                     std::function<Result<T>()> effect) {
    auto reached = co_await reach(call, std::move(subject));
    if (!reached) co_return std::unexpected(reached.error());
    auto const fault = take_fault(call);
    if (fault && !fault->after_effect) co_return std::unexpected(fault->error);
    if (auto const delay = delays_.extract(call)) {
        late_effects_.emplace(clock_.now() + delay.mapped(), [effect] { (void)effect(); });
        co_await clock_.sleep(30s);
        co_return fail(EngineErrc::timed_out, "docker: no answer within 30s");
    }
    auto outcome = effect();
    if (answer_ages_.contains(call)) co_await clock_.sleep(answer_ages_.at(call));
    if (fault) co_return std::unexpected(fault->error);
    co_return outcome;
}

// --- event streams

/// What the engine and one open event stream share.
struct FakeEngine::Subscription {
    explicit Subscription(Executor executor) : arrived(executor) {}
    std::deque<docker::Event> queue;
    bool broken = false;
    AutoResetEvent arrived;
};

FakeEngine::~FakeEngine() = default;

class FakeEngine::Events final : public docker::EventStream {
public:
    explicit Events(std::shared_ptr<Subscription> subscription)
        : subscription_(std::move(subscription)) {}

    Async<Result<docker::Event>> next() override {
        while (subscription_->queue.empty()) {
            if (subscription_->broken) co_return std::unexpected(connection_broke());
            co_await subscription_->arrived.wait();
        }
        auto event = std::move(subscription_->queue.front());
        subscription_->queue.pop_front();
        co_return event;
    }

private:
    std::shared_ptr<Subscription> subscription_;
};

void FakeEngine::publish(Container const& container, std::string action,
                         std::map<std::string, std::string> extra) {
    if (losing_events_ || down_) return;
    extra.insert(container.info.labels.begin(), container.info.labels.end());
    extra.emplace("name", container.info.name);
    extra.emplace("image", container.info.image);
    auto const now = std::chrono::nanoseconds(clock_.wall().time_since_epoch());
    docker::Event const event{std::move(action), container.info.id, std::move(extra), now.count()};
    std::erase_if(subscriptions_, [](auto const& entry) { return entry.expired(); });
    for (auto const& entry : subscriptions_) {
        auto const subscription = entry.lock();
        subscription->queue.push_back(event);
        subscription->arrived.set();
    }
}

void FakeEngine::break_events() {
    for (auto const& entry : subscriptions_) {
        if (auto const subscription = entry.lock()) {
            subscription->broken = true;
            subscription->arrived.set();
        }
    }
    subscriptions_.clear();
}

std::size_t FakeEngine::open_event_streams() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(subscriptions_, [](auto const& entry) { return !entry.expired(); }));
}

Async<Result<std::unique_ptr<docker::EventStream>>> FakeEngine::events() {
    auto subscription = std::make_shared<Subscription>(executor_);
    std::function<Result<std::unique_ptr<docker::EventStream>>()> open =
        [this, subscription]() -> Result<std::unique_ptr<docker::EventStream>> {
        subscriptions_.push_back(subscription);
        return std::make_unique<Events>(subscription);
    };
    return perform(Call::events, "", std::move(open));
}

// --- logs

class FakeEngine::Logs final : public docker::LogStream {
public:
    Logs(FakeEngine& engine, std::string id, std::size_t first, bool follow)
        : engine_(engine),
          id_(std::move(id)),
          next_(first),
          follow_(follow),
          breaks_(engine.breaks_) {}

    Async<Result<std::optional<docker::LogChunk>>> next() override {
        for (;;) {
            if (engine_.breaks_ != breaks_) co_return std::unexpected(connection_broke());
            auto const* container = engine_.find(id_);
            if (container && next_ < container->log.size())
                co_return std::optional(container->log[next_++]);
            if (!follow_ || !container || !container->info.running)
                co_return std::optional<docker::LogChunk>{};
            co_await engine_.changed_.wait();
        }
    }

private:
    FakeEngine& engine_;
    std::string id_;
    std::size_t next_;
    bool follow_;
    std::uint64_t breaks_;
};

Async<Result<std::unique_ptr<docker::LogStream>>> FakeEngine::logs(std::string id,
                                                                   docker::LogOptions options) {
    std::function<Result<std::unique_ptr<docker::LogStream>>()> open =
        [this, id, options]() -> Result<std::unique_ptr<docker::LogStream>> {
        auto found = need(id);
        if (!found) return std::unexpected(found.error());
        auto const size = (*found)->log.size();
        auto const wanted = static_cast<std::size_t>(options.tail.value_or(INT32_MAX));
        return std::make_unique<Logs>(*this, id, size - std::min(size, wanted), options.follow);
    };
    return perform(Call::logs, id, std::move(open));
}

// --- Engine

Async<Result<docker::Version>> FakeEngine::version() {
    std::function<Result<docker::Version>()> answer = []() -> Result<docker::Version> {
        return docker::Version{"20.10.24", "1.41",  "1.12",  "5d6db84",
                               "go1.19.8", "linux", "amd64", "6.1.0"};
    };
    return perform(Call::version, "", std::move(answer));
}

Async<Result<>> FakeEngine::ping() {
    std::function<Result<>()> answer = []() -> Result<> { return {}; };
    return perform(Call::ping, "", std::move(answer));
}

Async<Result<std::string>> FakeEngine::create(docker::ContainerSpec spec) {
    auto const name = spec.name;
    std::function<Result<std::string>()> effect = [this, spec = std::move(spec)] {
        return create_now(spec);
    };
    return perform(Call::create, name, std::move(effect));
}

Async<Result<>> FakeEngine::start(std::string id) {
    std::function<Result<>()> effect = [this, id] { return start_now(id); };
    return perform(Call::start, id, std::move(effect));
}

Async<Result<>> FakeEngine::stop(std::string id, std::chrono::seconds grace) {
    auto reached = co_await reach(Call::stop, id);
    if (!reached) co_return std::unexpected(reached.error());
    auto const fault = take_fault(Call::stop);
    if (fault && !fault->after_effect) co_return std::unexpected(fault->error);
    auto found = need(id);
    if (!found) co_return std::unexpected(found.error());
    if (!(*found)->info.running) co_return Result<>{};

    auto const image = images_.find(image_with_tag((*found)->spec.image));
    auto const behaviour = image == images_.end() ? Behaviour{} : image->second.behaviour;
    bool const killed = behaviour.ignores_term || behaviour.stop_takes > grace;
    publish(**found, "kill", {{"signal", "15"}});
    auto const breaks = breaks_;
    auto const until = clock_.now() + (killed ? Duration{grace} : behaviour.stop_takes);
    // A daemon that goes away forgets the stop; the container goes on.
    while (clock_.now() < until && breaks == breaks_) {
        auto change = next_change(changed_);
        (void)co_await within(clock_, until - clock_.now(), std::move(change));
    }
    if (breaks != breaks_) co_return std::unexpected(connection_broke());

    // It may be gone, or have ended, in the meantime.
    if (auto still = need(id); still && (*still)->info.running) {
        auto& container = **still;
        if (killed) publish(container, "kill", {{"signal", "9"}});
        end(container, killed ? 137 : behaviour.exit_code, {});
        publish(container, "stop");
    }
    if (fault) co_return std::unexpected(fault->error);
    co_return Result<>{};
}

Async<Result<>> FakeEngine::kill(std::string id, std::string signal) {
    std::function<Result<>()> effect = [this, id, signal]() -> Result<> {
        auto found = need(id);
        if (!found) return std::unexpected(found.error());
        auto& container = **found;
        if (!container.info.running)
            return fail(EngineErrc::not_running, "Cannot kill container: " + id + ": Container " +
                                                     container.info.id + " is not running");
        publish(container, "kill", {{"signal", signal}});
        auto const image = images_.find(image_with_tag(container.spec.image));
        bool const deaf = image != images_.end() && image->second.behaviour.ignores_term;
        if (signal == "KILL" || signal == "SIGKILL" || signal == "9")
            end(container, 137, {});
        else if (!deaf)
            end(container, 143, {});
        return {};
    };
    return perform(Call::kill, id, std::move(effect));
}

Async<Result<>> FakeEngine::remove(std::string id, bool force) {
    std::function<Result<>()> effect = [this, id, force] { return remove_now(id, force); };
    return perform(Call::remove, id, std::move(effect));
}

Async<Result<docker::ContainerInfo>> FakeEngine::inspect(std::string id) {
    std::function<Result<docker::ContainerInfo>()> answer =
        [this, id]() -> Result<docker::ContainerInfo> {
        auto found = need(id);
        if (!found) return std::unexpected(found.error());
        return (*found)->info;
    };
    auto info = co_await perform(Call::inspect, id, std::move(answer));
    auto const subject = need(id);
    auto const held = subject ? (*subject)->held_until - clock_.now() : Duration::zero();
    if (held > Duration::zero()) co_await clock_.sleep(held);
    co_return info;
}

Async<Result<std::vector<docker::ContainerSummary>>> FakeEngine::list(docker::ListFilter filter) {
    std::function<Result<std::vector<docker::ContainerSummary>>()> answer = [this, filter] {
        auto rows = list_now(filter);
        if (rows.size() > list_limit_)
            return Result<std::vector<docker::ContainerSummary>>(
                fail(EngineErrc::bad_answer, "docker: the answer is too large"));
        return Result<std::vector<docker::ContainerSummary>>(std::move(rows));
    };
    return perform(Call::list, filter.label.value_or(""), std::move(answer));
}

Async<Result<bool>> FakeEngine::has_image(std::string image) {
    std::function<Result<bool>()> answer = [this, image]() -> Result<bool> {
        return images_.contains(image_with_tag(image));
    };
    return perform(Call::has_image, image, std::move(answer));
}

Async<Result<>> FakeEngine::pull(std::string image, docker::OnProgress progress) {
    auto reached = co_await reach(Call::pull, image);
    if (!reached) co_return std::unexpected(reached.error());
    auto const fault = take_fault(Call::pull);
    if (fault && !fault->after_effect) co_return std::unexpected(fault->error);

    auto const name = image_with_tag(image);
    auto const found = registry_.find(name);
    if (found == registry_.end() || (!found->second.exists && !found->second.error))
        co_return fail(EngineErrc::image_not_found,
                       "manifest for " + name + " not found: manifest unknown: manifest unknown");
    if (progress) progress({"Pulling fs layer", "5f70bf18a086", ""});
    auto const breaks = breaks_;
    auto const entry = found->second;
    co_await clock_.sleep(entry.takes);
    if (breaks != breaks_) co_return std::unexpected(connection_broke());
    if (entry.error) co_return std::unexpected(*entry.error);
    if (progress) progress({"Status: Downloaded newer image for " + name, "", ""});
    if (!images_.contains(name)) images_.emplace(name, Image{});
    if (fault) co_return std::unexpected(fault->error);
    co_return Result<>{};
}

} // namespace heliosd::test
