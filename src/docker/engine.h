// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "base/result.h"
#include "docker/container.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A Docker daemon as the agent sees it: the calls of the Engine API it needs, with Docker's terms.
namespace heliosd::docker {

enum class EngineErrc {
    unavailable = 1, ///< could not connect: nothing happened
    broken,    ///< the connection broke: the call may have taken effect, inspect before retrying
    timed_out, ///< no answer in time: the call may have taken effect
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

/// One message of a pull in progress.
struct PullProgress {
    std::string status, id, progress;
};
using OnProgress = std::function<void(PullProgress const&)>;

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

/// A Docker daemon. The daemon process owns one; other parts hold a reference. Every call suspends
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
