// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/next_step.h"

#include "support/catch.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;

struct Row {
    char const* why;
    Facts facts;
    Step step;
};

TEST_CASE("agent: the next step towards a running container") {
    Row const rows[] = {
        {"a recorded container is looked at first", {.container = Container::unknown}, Step::look},
        {"not again and again while the daemon is away",
         {.container = Container::unknown, .pause = 1s, .daemon_away = true},
         Step::wait},
        {"nothing there: the image first", {.container = Container::none}, Step::pull},
        {"while it is pulled there is nothing to do",
         {.container = Container::none, .image = Image::pulling},
         Step::wait},
        {"image here: create", {.container = Container::none, .image = Image::ready}, Step::create},
        {"a container that was made is started, not made again",
         {.container = Container::created, .image = Image::ready},
         Step::start},
        {"even if the image went away meanwhile",
         {.container = Container::created, .image = Image::wanted},
         Step::start},
        {"a running one is left alone", {.container = Container::running}, Step::wait},
        {"also with a pause from an earlier failure",
         {.container = Container::running, .pause = 1s},
         Step::wait},
        {"an ended one is replaced without a pull",
         {.container = Container::ended, .image = Image::ready},
         Step::create},
        {"but not before its pause is over",
         {.container = Container::ended, .image = Image::ready, .pause = 1s},
         Step::wait},
        {"a refused start waits too",
         {.container = Container::created, .image = Image::ready, .pause = 2s},
         Step::wait},
        {"after an outage the daemon is asked before anything is announced",
         {.container = Container::none, .image = Image::ready, .daemon_away = true},
         Step::knock},
    };
    for (auto const& row : rows) {
        INFO(row.why);
        CHECK(next_step(row.facts) == row.step);
    }
}

TEST_CASE("agent: the next step towards a stopped container") {
    for (auto const goal : {Goal::stop, Goal::undeploy}) {
        Row const rows[] = {
            {"a recorded container is looked at, not killed unseen",
             {.goal = goal, .container = Container::unknown},
             Step::look},
            {"with the daemon away there is nothing to do but wait",
             {.goal = goal, .container = Container::unknown, .pause = 1s},
             Step::wait},
            {"gently first, whoever started it",
             {.goal = goal, .container = Container::running},
             Step::stop},
            {"after the grace period",
             {.goal = goal, .container = Container::running, .grace = 5s},
             Step::wait},
            {"what survived that is killed",
             {.goal = goal, .container = Container::running, .stop_asked = true},
             Step::kill},
            {"not faster than the pauses allow",
             {.goal = goal, .container = Container::running, .pause = 1s, .stop_asked = true},
             Step::wait},
            {"an ended one is done with",
             {.goal = goal, .container = Container::ended},
             Step::finish},
            {"one that never ran too",
             {.goal = goal, .container = Container::created},
             Step::finish},
            {"a restart that is due is not waited for",
             {.goal = goal, .container = Container::none, .image = Image::pulling, .pause = 30s},
             Step::finish},
        };
        for (auto const& row : rows) {
            INFO(row.why);
            CHECK(next_step(row.facts) == row.step);
        }
    }
}

} // namespace
} // namespace heliosd::agent
