// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/inventory.h"
#include "base/log.h"
#include "model/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What goes into the state machine of a task, and what comes out of it.
namespace heliosd::agent {

/// An inspected container.
struct Observation {
    std::string id;
    ContainerState state = ContainerState::running;
    int exit_code = 0;
    std::string error{}; ///< `State.Error`
    Duration ran{};      ///< length of the present run, or of the last one
};

/// What the next call is. `pull` only requests the image and does not suspend; its outcome is an
/// event of its own.
enum class Action {
    wait,          ///< for an event or the alarm
    inspect,       ///< find the container of the task and see what it does
    ping,          ///< see whether the daemon is back before anything is announced
    pull,          ///< request the image
    prepare,       ///< the execution on disk, and one of the permits to create and start
    create,        ///< make a container
    await_release, ///< until the daemon has freed the ports of the one that ended
    start,         ///< the one that was made
    stop,          ///< SIGTERM, and SIGKILL after `grace`
    kill,          ///< SIGKILL
    remove,        ///< one that never ran
};

struct Step {
    Action action = Action::wait;
    std::string container{};                ///< of start, stop, kill, remove, await_release
    std::optional<std::uint32_t> attempt{}; ///< of create, and of an inspection after it
    std::chrono::seconds grace{};           ///< of stop
    bool operator==(Step const&) const = default;
};

/// What is to be published of the task.
struct Report {
    model::TaskState state = model::TaskState::unknown;
    model::Goal goal = model::Goal::start;
    model::Throttle throttled = model::Throttle::no;
    std::optional<std::string> container{};
    std::string error{};
    bool operator==(Report const&) const = default;
};

struct LogNote {
    log::Level level = log::Level::info;
    std::string text;
};

struct Turn {
    std::vector<Report> reports;
    std::vector<LogNote> notes;
    Step step;
    std::optional<SteadyTime> alarm; ///< a turn is due then even if nothing happens
};

namespace event {

struct GoalChanged {
    model::Goal goal;
};
/// A container of the job changed, by our own deed or somebody else's.
struct Changed {
    ContainerChange change;
};
struct DaemonIsBack {};
/// The image that was requested is here, or why it is not.
struct Pulled {
    Result<> outcome;
};
/// An inspection found this, or no container.
struct Inspected {
    std::optional<Observation> found;
};
/// A create succeeded.
struct Created {
    std::string container;
};
/// Any other step succeeded.
struct Done {};
/// The step failed.
struct Failed {
    Error error;
    /// After a refused inspection: what a list says of the container; nothing when that failed.
    std::optional<ContainerState> listed{};
};

} // namespace event

using TaskEvent =
    std::variant<event::GoalChanged, event::Changed, event::DaemonIsBack, event::Pulled,
                 event::Inspected, event::Created, event::Done, event::Failed>;

} // namespace heliosd::agent
