// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async.h"
#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A Docker daemon as the agent sees it: the calls of the Engine API it needs, in Docker's words.
namespace heliosd::docker {

enum class EngineErrc {
    unavailable = 1, ///< could not connect: nothing happened
    broken,          ///< the connection broke: the call may have taken effect, look before retrying
    timed_out,       ///< no answer in time: the call may have taken effect
    container_not_found, ///< 404 on a container
    image_not_found,     ///< 404 on an image, on create, or a pull of something that does not exist
    pull_failed,         ///< registry unreachable, authentication refused, broken transfer
    conflict,            ///< 409: name in use, container being removed
    not_running,         ///< kill or exec on a container that does not run
    request,             ///< any other refusal; the sentence is Docker's own
    bad_answer,          ///< not what the Engine API promises
};

std::error_category const& engine_category() noexcept;
inline std::error_code make_error_code(EngineErrc e) noexcept {
    return {static_cast<int>(e), engine_category()};
}

/// `GET /version`; strings the daemon did not send are empty.
struct Version {
    std::string version, api_version, min_api_version;
    std::string git_commit, go_version, os, arch, kernel_version;
};

/// One published port: container port `port`/`protocol` on `host_ip`:`host_port`.
struct PortBinding {
    std::uint16_t port = 0;
    std::string protocol = "tcp";
    std::optional<std::string> host_ip;
    std::uint16_t host_port = 0;
};

/// What a container is created from (spec/agent.md §11.6). Empty optionals are not sent, empty
/// lists are.
struct ContainerSpec {
    std::string name;
    std::string image;
    std::vector<std::string> command;
    std::optional<std::string> hostname;
    std::map<std::string, std::string> env;
    std::vector<PortBinding> ports;
    std::vector<std::string> binds;   ///< `source:path[:mode]`
    std::vector<std::string> volumes; ///< anonymous ones: paths in the container
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> tmpfs;
    std::vector<std::string> dns, security_opt, cap_add, cap_drop, extra_hosts;
    std::optional<std::string> network_mode, runtime;
    std::optional<std::int64_t> memory, memory_swap, cpu_shares; ///< bytes, bytes, weight
    std::optional<std::string> cpuset;
};

/// `GET /containers/{id}/json`, as far as it is used.
struct ContainerInfo {
    std::string id, name, image; ///< name without the leading slash
    bool running = false;
    std::string status; ///< `created`, `running`, `exited`, …
    int exit_code = 0;
    std::string error; ///< `State.Error`
    std::string started_at, finished_at;
    std::map<std::string, std::string> labels;
    std::string gateway; ///< of its first network
};

/// One row of `GET /containers/json`.
struct ContainerSummary {
    std::string id;
    std::vector<std::string> names; ///< without leading slashes
    std::string state;              ///< `running`, `exited`, …
    std::map<std::string, std::string> labels;
};

struct ListFilter {
    bool all = false;                 ///< also those that do not run
    std::optional<std::string> label; ///< `key` or `key=value`
};

/// One message of a pull in progress.
struct PullProgress {
    std::string status, id, progress;
};
using OnProgress = std::function<void(PullProgress const&)>;

/// One line of `GET /events` of type container.
struct Event {
    std::string action; ///< `create`, `start`, `die`, `kill`, `destroy`, `oom`, …
    std::string container_id;
    std::map<std::string, std::string> attributes; ///< labels, `exitCode`, `name`, `image`
    std::int64_t time_nano = 0;
};

/// The daemon's event stream. Events of before it was opened are not in it: open it first, then
/// list and inspect.
class EventStream {
public:
    virtual ~EventStream() = default;
    /// The next event. Errors: `broken` when the stream ended: open a new one.
    virtual Async<Result<Event>> next() = 0;
};

/// A piece of a container's output.
struct LogChunk {
    enum class Stream { out, err } stream = Stream::out;
    std::string bytes;
};
struct LogOptions {
    bool follow = false;
    bool timestamps = false;
    std::optional<int> tail; ///< last lines only
};
class LogStream {
public:
    virtual ~LogStream() = default;
    /// The next piece; nothing at the end.
    virtual Async<Result<std::optional<LogChunk>>> next() = 0;
};

/// A Docker daemon. The personality owns one; everyone else holds a reference. Every call suspends
/// until the daemon answers, within 30 s unless said otherwise. A call that says `broken` or
/// `timed_out` may have taken effect.
class Engine {
public:
    virtual ~Engine() = default;

    virtual Async<Result<Version>> version() = 0;
    /// `GET /_ping`.
    virtual Async<Result<>> ping() = 0;

    /// Answers the new container's id. `image_not_found` when the image is not here.
    virtual Async<Result<std::string>> create(ContainerSpec spec) = 0;
    /// A container that runs already is a success.
    virtual Async<Result<>> start(std::string id) = 0;
    /// SIGTERM (or the image's signal), after `grace` SIGKILL. Waits as long as Docker takes. A
    /// container that is stopped already is a success.
    virtual Async<Result<>> stop(std::string id, std::chrono::seconds grace) = 0;
    /// SIGKILL by default.
    virtual Async<Result<>> kill(std::string id, std::string signal = "KILL") = 0;
    /// Removes a stopped container, or with `force` any.
    virtual Async<Result<>> remove(std::string id, bool force = false) = 0;
    virtual Async<Result<ContainerInfo>> inspect(std::string id) = 0;
    virtual Async<Result<std::vector<ContainerSummary>>> list(ListFilter filter = {}) = 0;

    /// Whether the image is here.
    virtual Async<Result<bool>> has_image(std::string image) = 0;
    /// Pulls `image` (an image reference; without tag or digest, `latest`). No limit on the whole,
    /// 30 s of silence end it. Errors: `image_not_found`, `pull_failed`.
    virtual Async<Result<>> pull(std::string image, OnProgress progress = {}) = 0;

    virtual Async<Result<std::unique_ptr<EventStream>>> events() = 0;
    virtual Async<Result<std::unique_ptr<LogStream>>> logs(std::string id, LogOptions options) = 0;
};

} // namespace heliosd::docker

template <> struct std::is_error_code_enum<heliosd::docker::EngineErrc> : std::true_type {};
