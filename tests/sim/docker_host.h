// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "base/async/task_group.h"
#include "sim/trace.h"
#include "support/fake_engine.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace heliosd::sim {

/// How often, between 0 and 1, a call to a Docker daemon meets what real ones do to their clients.
struct EngineFaults {
    double refused = 0;  ///< 500, nothing happens
    double broken = 0;   ///< it happens, the answer gets lost
    double late = 0;     ///< it happens after the client has stopped waiting
    double not_done = 0; ///< a start is answered and does not happen
    double event_lost = 0;
    double event_twice = 0;
    double event_late = 0;
};

/// A machine's Docker daemon and its containers, which outlive the agents that talk to it. A call
/// that arrived is carried out whether or not its caller still waits. The containers themselves are
/// those of a `FakeEngine`.
class DockerHost {
public:
    /// Sees a call that ends a running container, before it does.
    using OnStop = std::function<void(test::FakeEngine::Container const&, std::string_view call)>;

    DockerHost(Executor executor, Clock& clock, Rng& rng, Trace& trace, std::string name);
    ~DockerHost();

    test::FakeEngine& engine() { return engine_; }
    std::string const& name() const { return name_; }
    void on_stop(OnStop hook) { on_stop_ = std::move(hook); }
    EngineFaults faults;

    /// Calls are taken and go on when it ends.
    void set_frozen(bool frozen);
    /// The daemon goes away; its containers go on only with live-restore.
    void go_down(bool live_restore);
    void come_back();
    /// Calls that were to take effect late do so now.
    void hurry() { hurries_ = true; }
    bool is_down() const { return down_; }
    /// When the container's creation was asked for.
    SteadyTime created(std::string const& id) const;

    /// Ends the calls in progress; the containers stay as they are.
    Async<void> shut_down();

    /// What one agent process holds of it.
    class Client;
    /// `on_call` is called before a call, when it has reached the daemon, and when it is answered.
    std::unique_ptr<Client> connect(std::function<void()> on_call);

private:
    struct Plan {
        Duration delay{};
        bool refused = false, broken = false, not_done = false;
    };
    template <class T> struct Answer;

    bool chance(double probability) { return probability > 0 && rng_.unit() < probability; }
    Plan plan(test::Call call);
    Async<void> delay(Duration length);
    Async<void> until_thawed();
    void stopping(std::string const& id, std::string_view call);
    template <class T>
    Async<void> carry_out(Plan plan, std::function<Async<Result<T>>()> deed,
                          std::shared_ptr<Answer<T>> answer);

    Executor executor_;
    Clock& clock_;
    Rng& rng_;
    Trace& trace_;
    std::string name_;
    test::FakeEngine engine_;
    OnStop on_stop_;
    Condition changed_;
    bool frozen_ = false, down_ = false, hurries_ = false;
    std::uint64_t lives_ = 0;
    std::map<std::string, SteadyTime> created_; ///< by name
    TaskGroup calls_;
};

class DockerHost::Client final : public docker::Engine {
public:
    Client(DockerHost& host, std::function<void()> on_call)
        : host_(host), on_call_(std::move(on_call)) {}

    /// The process that holds it is gone: nothing reaches the daemon any more.
    void crash() { dead_ = true; }

    Async<Result<docker::Version>> version() override;
    Async<Result<>> ping() override;
    Async<Result<std::string>> create(docker::ContainerSpec spec) override;
    Async<Result<>> start(std::string id) override;
    Async<Result<>> stop(std::string id, std::chrono::seconds grace) override;
    Async<Result<>> kill(std::string id, std::string signal) override;
    Async<Result<>> remove(std::string id, bool force) override;
    Async<Result<docker::ContainerInfo>> inspect(std::string id) override;
    Async<Result<std::vector<docker::ContainerSummary>>> list(docker::ListFilter filter) override;
    Async<Result<bool>> has_image(std::string image) override;
    Async<Result<>> pull(std::string image, docker::OnProgress progress) override;
    Async<Result<std::unique_ptr<docker::EventStream>>> events() override;
    Async<Result<std::unique_ptr<docker::LogStream>>> logs(std::string id,
                                                           docker::LogOptions options) override;

private:
    class Events;
    template <class T>
    Async<Result<T>> call(test::Call kind, std::string subject,
                          std::function<Async<Result<T>>()> deed,
                          std::optional<Duration> limit = std::chrono::seconds{30});

    DockerHost& host_;
    std::function<void()> on_call_;
    bool dead_ = false;
};

} // namespace heliosd::sim
