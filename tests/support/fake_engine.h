// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/condition.h"
#include "base/async/rng.h"
#include "docker/engine.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace heliosd::test {

/// The calls of an `Engine`, for counters, latencies and planted faults.
enum class Call {
    version,
    ping,
    create,
    start,
    stop,
    kill,
    remove,
    inspect,
    list,
    has_image,
    pull,
    events,
    logs,
};
/// `create`, `has_image`, …
std::string_view to_string(Call call);
/// `image` with the tag that Docker assumes: `busybox:latest`.
std::string image_with_tag(std::string image);

/// How the containers of an image behave. The default: they run until SIGTERM ends them with 143.
struct Behaviour {
    bool ignores_term = false;  ///< only SIGKILL after the grace ends it
    Duration stop_takes{};      ///< from SIGTERM to its end
    int exit_code = 143;        ///< what it ends with on SIGTERM
    bool dies_at_start = false; ///< ends as soon as it was started
    int exit_code_at_start = 1; ///< with this
    std::string start_error;    ///< not empty: every start is refused with this sentence
};

/// A small Docker in memory: images, containers, events and logs that behave as the daemon's do,
/// with a switch for each way in which it fails. The test owns it; it must outlive the tasks that
/// use it. Everything below the `Engine` calls acts at once and is meant for the test.
class FakeEngine final : public docker::Engine {
public:
    FakeEngine(Executor executor, Clock& clock, Rng& rng);
    ~FakeEngine() override;

    // --- images
    void add_image(std::string image, Behaviour behaviour = {});
    void remove_image(std::string image);
    /// Puts an image into the fake registry.
    void set_pullable(std::string image, Duration takes = std::chrono::milliseconds{100});
    /// Every pull of `image` fails with this, after the time given to `set_pullable`, if any.
    void set_pull_error(std::string image, Error error);
    void clear_pull_error(std::string image);

    // --- containers, by id or name
    void die(std::string id, int exit_code, std::string error = {});
    /// As somebody else's `docker rm -f`: the container is gone.
    void destroy(std::string id);
    /// As somebody else's `docker start`.
    void start_by_hand(std::string id);
    /// As the first half of somebody else's `docker restart`: a signal and the end.
    void end_by_hand(std::string id);
    /// A container that somebody else made, running; answers its id.
    std::string add_container(docker::ContainerSpec spec);
    void write_log(std::string id, docker::LogChunk::Stream stream, std::string bytes);

    struct Container {
        docker::ContainerInfo info;
        docker::ContainerSpec spec;
        std::vector<docker::LogChunk> log;
        std::uint64_t serial = 0; ///< order of creation
        SteadyTime held_until{};  ///< its ports, after its end
        std::int64_t created = 0; ///< seconds since the epoch
    };
    /// Null when there is none.
    Container const* find(std::string_view id) const;
    /// All of them, in the order they were created.
    std::vector<Container> containers();
    std::size_t running();

    // --- faults
    /// No connection is made any more, and those there are break. Containers go on.
    void set_down(bool down);
    /// Calls are taken and not answered: each ends in `timed_out` after its 30 s, or goes on when
    /// the hang ends. `stop` waits without limit.
    void set_hanging(bool hanging);
    /// The next `times` calls of this kind fail with `error` and have no effect.
    void fail_next(Call call, Error error, int times = 1);
    /// The next `times` calls of this kind take effect and then say `broken`.
    void break_next(Call call, int times = 1);
    /// The next call of this kind is not answered, and takes effect after `late`.
    void delay_next(Call call, Duration late) { delays_[call] = late; }
    /// Lists of more containers than this are refused, as answers over a limit are.
    void set_list_limit(std::size_t rows) { list_limit_ = rows; }
    /// The next call of this kind throws, as a fault in our own code would.
    void throw_next(Call call) { throwing_.insert(call); }
    void set_latency(Call call, Duration latency);
    void set_latency(Duration latency); ///< of every call
    /// What is answered is this old when it arrives.
    void delay_answers(Call call, Duration age) { answer_ages_[call] = age; }
    /// As the real daemon: it tells of an end, then frees the ports, and answers for the container
    /// only when that is done.
    void set_release(Duration takes) { release_takes_ = takes; }
    /// Ends every open event stream with `broken`.
    void break_events();
    /// Events that happen while this is on reach nobody.
    void lose_events(bool lose) { losing_events_ = lose; }
    /// A host port that something outside Docker holds: starts that publish it fail.
    void occupy_port(std::uint16_t port) { occupied_ports_.insert(port); }
    void free_port(std::uint16_t port) { occupied_ports_.erase(port); }

    // --- what was asked
    int calls(Call call) const;
    /// `create helios-…`, `start <id>`, `pull busybox:latest`, in the order they arrived.
    std::vector<std::string> const& trace() const { return trace_; }
    std::size_t open_event_streams() const;

    // --- Engine
    Async<Result<docker::Version>> version() override;
    Async<Result<>> ping() override;
    Async<Result<std::string>> create(docker::ContainerSpec spec) override;
    Async<Result<>> start(std::string id) override;
    Async<Result<>> stop(std::string id, std::chrono::seconds grace) override;
    Async<Result<>> kill(std::string id, std::string signal = "KILL") override;
    Async<Result<>> remove(std::string id, bool force = false) override;
    Async<Result<docker::ContainerInfo>> inspect(std::string id) override;
    Async<Result<std::vector<docker::ContainerSummary>>>
    list(docker::ListFilter filter = {}) override;
    Async<Result<bool>> has_image(std::string image) override;
    Async<Result<>> pull(std::string image, docker::OnProgress progress = {}) override;
    Async<Result<std::unique_ptr<docker::EventStream>>> events() override;
    Async<Result<std::unique_ptr<docker::LogStream>>> logs(std::string id,
                                                           docker::LogOptions options) override;

private:
    struct Fault {
        Error error;
        bool after_effect = false;
    };
    struct Image {
        Behaviour behaviour;
    };
    struct Pullable {
        Duration takes{};
        std::optional<Error> error;
        bool exists = false;
    };
    struct Subscription;
    class Events;
    class Logs;

    Async<Result<>> reach(Call call, std::string subject);
    /// Reaches the daemon, does the effect, answers; or fails as planted.
    template <class T>
    Async<Result<T>> perform(Call call, std::string subject, std::function<Result<T>()> effect);
    std::optional<Fault> take_fault(Call call);
    void apply_late_effects();

    Result<Container*> need(std::string const& id);
    Result<std::string> create_now(docker::ContainerSpec spec);
    Result<> start_now(std::string const& id);
    Result<> remove_now(std::string const& id, bool force);
    std::vector<docker::ContainerSummary> list_now(docker::ListFilter const& filter) const;
    std::optional<std::string> port_conflict(Container const& wanted) const;
    void end(Container& container, int exit_code, std::string error);
    void publish(Container const& container, std::string action,
                 std::map<std::string, std::string> extra = {});

    Executor executor_;
    Clock& clock_;
    Rng& rng_;
    std::map<std::string, Image> images_;
    std::map<std::string, Pullable> registry_;
    std::map<std::string, Container> containers_; ///< by id
    std::vector<std::weak_ptr<Subscription>> subscriptions_;
    std::map<Call, std::deque<Fault>> faults_;
    std::set<Call> throwing_;
    std::map<Call, Duration> latencies_, delays_, answer_ages_;
    std::multimap<SteadyTime, std::function<void()>> late_effects_;
    std::size_t list_limit_ = SIZE_MAX;
    std::map<Call, int> calls_;
    std::vector<std::string> trace_;
    std::set<std::uint16_t> occupied_ports_;
    Condition changed_; ///< the daemon's state, a container's state or log
    Duration release_takes_{};
    bool down_ = false, hanging_ = false, losing_events_ = false;
    std::uint64_t breaks_ = 0; ///< how often all connections broke
    std::uint64_t next_serial_ = 1;
};

} // namespace heliosd::test
