// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/task_machine.h"
#include "support/catch.h"

#include <algorithm>
#include <functional>
#include <map>

// One task on an engine that is as bad as the real one: answers get lost, effects come late, events
// are lost, the daemon goes away, containers die and are restarted by others, goals change in the
// middle of everything. After a while it calms down, and then the task has to be what it should be.
namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::TaskState;
using Kind = ContainerChange::Kind;

constexpr StopSettings settings{.grace_period = 5s, .kill_after = 60s};
constexpr Duration chaos = 10min;

class Simulation {
public:
    explicit Simulation(std::uint64_t seed)
        : has_operator_(seed % 2 == 0),
          rng_(seed),
          machine_(settings, Goal::start, std::nullopt, true, rng_) {}

    /// The first thing that went wrong, or nothing.
    std::string run() {
        auto turn = machine_.turn({}, now_);
        while (problem_.empty()) {
            note(turn);
            if (++turns_ > 5000) return "it keeps busy";
            bool const is_calm = now_ > SteadyTime(chaos);
            if (is_calm && !was_calm_) calm_down();
            if (turn.step.action == Action::wait) {
                if (is_calm && is_converged()) return problem_;
                if (now_ > SteadyTime(chaos + 15min)) return "it does not converge";
                pass_until(turn.alarm.value_or(now_ + 30s));
            } else {
                auto result = perform(turn.step);
                if (result) events_.push_back(std::move(*result));
            }
            turn = machine_.turn(std::exchange(events_, {}), now_);
        }
        return problem_;
    }

private:
    struct Box {
        ContainerState state = ContainerState::created;
        std::string name;
        bool ignores_term = false;
        SteadyTime started{}, ended{};
    };
    enum class Outcome { ok, lost, late, nothing, refused, away };

    bool happens(int percent) {
        return now_ < SteadyTime(chaos) && rng_.below(100) < unsigned(percent);
    }

    void note(Turn const& turn) {
        for (auto const& report : turn.reports) {
            // Adoptions aside, nothing is said twice.
            if (report == said_) problem_ = "said twice";
            said_ = report;
        }
        auto const& step = turn.step;
        bool const ends = step.action == Action::stop || step.action == Action::kill;
        if (ends && goal_ == Goal::start) problem_ = "stopped unasked";
        if (step.action == Action::wait && turn.alarm && *turn.alarm <= now_)
            problem_ = "an alarm in the past";
        if (step.action == Action::stop && asked_ == step.container &&
            now_ + step.grace < asked_at_ + settings.kill_after)
            problem_ = "less time than was promised";
        if (step.action == Action::kill &&
            (asked_ != step.container || now_ < asked_at_ + settings.kill_after))
            problem_ = "killed before the deadline";
    }

    void calm_down() {
        was_calm_ = true;
        set_goal(rng_.below(2) ? Goal::start : rng_.below(2) ? Goal::stop : Goal::undeploy);
        if (is_down()) down_until_ = now_;
        events_.push_back(event::DaemonIsBack{});
    }

    bool is_converged() {
        auto const running = count(ContainerState::running);
        if (!late_.empty() || !soon_.empty()) return false;
        if (goal_ == Goal::start)
            return running == 1 && machine_.is_running() && said_.state == TaskState::running;
        return running == 0 && machine_.has_stopped() && said_.state == TaskState::stopped;
    }

    std::ptrdiff_t count(ContainerState state) const {
        return std::ranges::count_if(boxes_,
                                     [&](auto const& b) { return b.second.state == state; });
    }
    bool is_down() const { return now_ < down_until_; }

    // --- time and the world

    void pass_until(SteadyTime until) {
        while (now_ < until && events_.empty()) {
            auto next =
                std::min(until, now_ + Duration(1s + std::chrono::milliseconds(rng_.below(500))));
            if (!late_.empty()) next = std::min(next, std::max(now_, late_.begin()->first));
            if (!soon_.empty()) next = std::min(next, std::max(now_, soon_.begin()->first));
            now_ = std::max(next, now_);
            live();
        }
    }

    void pass(Duration length) {
        auto const until = now_ + length;
        while (now_ < until) {
            now_ = std::min(until, now_ + Duration(1s));
            live();
        }
    }

    void live() {
        while (!late_.empty() && late_.begin()->first <= now_) {
            auto const effect = late_.extract(late_.begin());
            effect.mapped().second();
        }
        while (!soon_.empty() && soon_.begin()->first <= now_) {
            auto const event = soon_.extract(soon_.begin());
            event.mapped()();
        }
        if (happens(2)) set_goal(static_cast<Goal>(rng_.below(3)));
        if (happens(1) && !is_down()) {
            down_until_ = now_ + std::chrono::seconds(1 + rng_.below(60));
            soon_.emplace(down_until_, [this] { events_.push_back(event::DaemonIsBack{}); });
        }
        if (happens(1)) deaf_until_ = now_ + std::chrono::seconds(rng_.below(40));
        for (auto& [id, box] : boxes_) {
            if (box.state != ContainerState::running) continue;
            if (happens(1)) {
                die(id);
                continue;
            }
            // During a stop of ours nobody can tell whose signal it was: see the collector.
            if (has_operator_ && !is_stopping_ && happens(1)) restart(id);
        }
        if (now_ >= next_sweep_) sweep();
        // Without anybody else's deeds there is never a second one, not even for a moment.
        if (!has_operator_ && count(ContainerState::running) > 1) problem_ = "two containers run";
    }

    void tell(Kind kind, std::string id) {
        if (now_ >= deaf_until_ && !is_down())
            events_.push_back(event::Changed{{kind, std::move(id), 1}});
    }

    void die(std::string const& id) {
        auto& box = boxes_.at(id);
        box.state = ContainerState::ended;
        box.ended = now_;
        tell(Kind::died, id);
    }

    /// As `docker restart` of somebody else.
    void restart(std::string id) {
        tell(Kind::signalled, id);
        die(id);
        soon_.emplace(now_ + std::chrono::milliseconds(rng_.below(1900)), [this, id] {
            auto const box = boxes_.find(id);
            if (box == boxes_.end() || box->second.state != ContainerState::ended) return;
            // The daemon would not be there to do it, and who undeploys does not restart.
            if (goal_ == Goal::start) start(id);
        });
    }

    void start(std::string const& id) {
        auto const box = boxes_.find(id);
        if (box == boxes_.end() || box->second.state == ContainerState::running) return;
        box->second.state = ContainerState::running;
        box->second.started = now_;
        tell(Kind::started, id);
    }

    void sweep() {
        next_sweep_ = now_ + 30s;
        if (is_down()) return;
        auto const own = machine_.container_id();
        auto const found = own ? boxes_.find(*own) : boxes_.end();
        if (own && (found == boxes_.end() || found->second.state == ContainerState::ended))
            events_.push_back(event::Changed{{Kind::doubtful}});
        for (auto const& [id, box] : boxes_) {
            if (box.state != ContainerState::running) continue;
            events_.push_back(event::Changed{{Kind::started, id}});
            // The collector stops a second one when the first is known to run.
            if (machine_.is_running() && id != own) die(id);
        }
    }

    void set_goal(Goal goal) {
        if (goal == goal_) return;
        if (goal_ == Goal::start) asked_.clear();
        goal_ = goal;
        events_.push_back(event::GoalChanged{goal});
    }

    // --- the engine

    Outcome draw() {
        if (is_down()) return Outcome::away;
        if (!happens(25)) return Outcome::ok;
        return static_cast<Outcome>(1 + rng_.below(4));
    }

    std::optional<TaskEvent> perform(Step const& step) {
        switch (step.action) {
        case Action::wait: return std::nullopt;
        case Action::pull:
            soon_.emplace(now_ + 100ms, [this] {
                events_.push_back(happens(10) ? event::Pulled{fail(EngineErrc::pull_failed, "no")}
                                              : event::Pulled{});
            });
            return std::nullopt;
        case Action::prepare:
            if (happens(3)) return event::Failed{{Errc::io, "disk full"}};
            return event::Done{};
        case Action::inspect: return inspect(step);
        default: return change(step);
        }
    }

    TaskEvent inspect(Step const& step) {
        auto const outcome = draw();
        auto const found = find(step);
        pass(10ms);
        if (outcome == Outcome::away) return event::Failed{{EngineErrc::unavailable, "away"}};
        if (outcome == Outcome::refused) {
            event::Failed failed{{EngineErrc::request, "refused"}};
            auto const own = boxes_.find(machine_.container_id().value_or(""));
            if (rng_.below(2))
                failed.listed = own == boxes_.end() ? ContainerState::ended : own->second.state;
            return failed;
        }
        if (outcome != Outcome::ok) {
            pass(30s);
            return event::Failed{{EngineErrc::timed_out, "hangs"}};
        }
        return event::Inspected{found};
    }

    /// As the supervisor finds the container of its task.
    std::optional<Observation> find(Step const& step) {
        std::optional<std::string> known = machine_.container_id();
        if (step.attempt) known = by_name(std::to_string(*step.attempt));
        if (known && !boxes_.contains(*known)) known.reset();
        if (!known || boxes_.at(*known).state != ContainerState::running)
            for (auto const& [id, box] : boxes_)
                if (box.state == ContainerState::running) known = id;
        if (!known) {
            for (auto const& [id, box] : boxes_)
                if (box.state == ContainerState::created) known = id;
        }
        if (!known) return std::nullopt;
        auto const& box = boxes_.at(*known);
        auto const until = box.state == ContainerState::running ? now_ : box.ended;
        return Observation{.id = *known, .state = box.state, .ran = until - box.started};
    }

    std::optional<std::string> by_name(std::string const& name) const {
        for (auto const& [id, box] : boxes_)
            if (box.name == name) return id;
        return std::nullopt;
    }

    TaskEvent change(Step const& step) {
        is_stopping_ = step.action == Action::stop || step.action == Action::kill;
        auto result = answer(step, draw());
        is_stopping_ = false;
        return result;
    }

    TaskEvent answer(Step const& step, Outcome outcome) {
        auto const sent_at = now_;
        pass(20ms);
        if (outcome == Outcome::away) return event::Failed{{EngineErrc::unavailable, "away"}};
        if (step.action == Action::stop && asked_ != step.container) {
            asked_ = step.container;
            asked_at_ = sent_at;
        }
        switch (outcome) {
        case Outcome::refused: return event::Failed{{EngineErrc::request, "refused"}};
        case Outcome::nothing: pass(30s); return event::Failed{{EngineErrc::timed_out, "hangs"}};
        case Outcome::late: {
            auto const when = now_ + std::chrono::seconds(rng_.below(90));
            late_.emplace(when, std::pair(subject(step), [this, step] { take_late_effect(step); }));
            pass(30s);
            return event::Failed{{EngineErrc::timed_out, "hangs"}};
        }
        case Outcome::lost: {
            (void)effect(step);
            return event::Failed{{EngineErrc::broken, "reset"}};
        }
        case Outcome::ok:
        case Outcome::away: break;
        }
        // The daemon does one thing after the other to a container.
        std::vector<std::function<void()>> earlier;
        std::erase_if(late_, [&](auto const& late) {
            bool const is_same = late.second.first == subject(step);
            if (is_same) earlier.push_back(late.second.second);
            return is_same;
        });
        for (auto const& each : earlier) each();
        return effect(step);
    }

    void take_late_effect(Step const& step) {
        // Requests that wait together are done together: none starts what has run and ended since.
        auto const box = boxes_.find(step.container);
        bool const has_run = box != boxes_.end() && box->second.state == ContainerState::ended;
        if (step.action != Action::start || !has_run) (void)effect(step);
    }

    std::string subject(Step const& step) const {
        return step.action == Action::create ? std::to_string(step.attempt.value_or(0))
                                             : step.container;
    }

    TaskEvent effect(Step const& step) {
        auto const missing = event::Failed{{EngineErrc::container_not_found, "no such container"}};
        if (step.action == Action::ping || step.action == Action::await_release)
            return event::Done{};
        if (step.action == Action::create) {
            auto const name = std::to_string(step.attempt.value_or(0));
            if (by_name(name)) return event::Failed{{EngineErrc::conflict, "name in use"}};
            auto const id = "c" + std::to_string(++made_);
            boxes_[id] = {.name = name, .ignores_term = rng_.below(4) == 0};
            return event::Created{id};
        }
        auto const found = boxes_.find(step.container);
        if (found == boxes_.end()) return missing;
        auto& box = found->second;
        bool const is_running = box.state == ContainerState::running;
        switch (step.action) {
        case Action::start:
            if (is_running) return event::Done{};
            if (happens(10)) return event::Failed{{EngineErrc::request, "port is taken"}};
            start(step.container);
            return event::Done{};
        case Action::stop:
            if (!is_running) return event::Done{};
            if (box.ignores_term) pass(step.grace);
            if (boxes_.contains(step.container) &&
                boxes_.at(step.container).state == ContainerState::running)
                die(step.container);
            return event::Done{};
        case Action::kill:
            if (!is_running) return event::Failed{{EngineErrc::not_running, "not running"}};
            die(step.container);
            return event::Done{};
        case Action::remove:
            if (is_running) return event::Failed{{EngineErrc::conflict, "it runs"}};
            boxes_.erase(found);
            return event::Done{};
        default: return event::Done{};
        }
    }

    bool has_operator_; ///< somebody else restarts containers
    SteadyTime now_{};
    SeededRng rng_;
    TaskMachine machine_;
    Goal goal_ = Goal::start;
    std::map<std::string, Box> boxes_;
    std::multimap<SteadyTime, std::pair<std::string, std::function<void()>>> late_;
    std::multimap<SteadyTime, std::function<void()>> soon_;
    std::vector<TaskEvent> events_;
    SteadyTime down_until_{}, deaf_until_{}, next_sweep_{30s};
    std::string asked_; ///< the container that was asked to stop, in this stop
    SteadyTime asked_at_{};
    Report said_;
    int made_ = 0, turns_ = 0;
    bool was_calm_ = false, is_stopping_ = false;
    std::string problem_;
};

TEST_CASE("agent: whatever the engine does to a task, it comes to what it should be") {
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
        auto const problem = Simulation(seed).run();
        INFO("seed " << seed);
        REQUIRE(problem == "");
    }
}

} // namespace
} // namespace heliosd::agent
