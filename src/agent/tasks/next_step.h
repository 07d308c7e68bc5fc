// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "model/task.h"

namespace heliosd::agent {

/// What is known of a task's container.
enum class Container {
    unknown, ///< there may be one: look
    none,    ///< there is none
    created, ///< made but never started
    running,
    ended,
};

/// What is known of its image.
enum class Image {
    wanted,  ///< fetch it before the next container is made
    pulling, ///< on its way
    ready,   ///< taken to be here; creating says so if it is not
};

/// All that the next step of one task depends on.
struct Facts {
    model::Goal goal = model::Goal::start;
    Container container = Container::unknown;
    Image image = Image::wanted;
    Duration pause{};         ///< what is left before the next attempt
    Duration grace{};         ///< what is left of the job's grace period, once it is to be stopped
    bool stop_asked = false;  ///< Docker has been asked to stop this container gently
    bool daemon_away = false; ///< the last call found no daemon
};

enum class Step {
    wait,   ///< for an event, or for the end of `pause` or `grace`
    look,   ///< find out what the container does
    knock,  ///< see whether the daemon is back before anything is announced
    pull,   ///< fetch the image
    create, ///< make a container
    start,  ///< start the one that was made
    stop,   ///< ask Docker to end it gently
    kill,   ///< it outlived that
    finish, ///< verified not to run: say so
};

/// The next step of one task (spec/agent.md §5–6, §9). A goal of undeploy is a stop here: what
/// comes after is the reconciler's.
constexpr Step next_step(Facts const& facts) {
    bool const paused = facts.pause > Duration::zero();
    if (facts.goal != model::Goal::start) {
        switch (facts.container) {
        case Container::unknown: return paused ? Step::wait : Step::look;
        case Container::running:
            if (paused || facts.grace > Duration::zero()) return Step::wait;
            return facts.stop_asked ? Step::kill : Step::stop;
        case Container::none:
        case Container::created:
        case Container::ended: return Step::finish;
        }
        return Step::wait;
    }
    if (facts.container == Container::running) return Step::wait;
    if (facts.container == Container::unknown) return paused ? Step::wait : Step::look;
    if (facts.image == Image::pulling || paused) return Step::wait;
    if (facts.daemon_away) return Step::knock;
    if (facts.container == Container::created) return Step::start;
    return facts.image == Image::wanted ? Step::pull : Step::create;
}

} // namespace heliosd::agent
