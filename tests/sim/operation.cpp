// SPDX-License-Identifier: Apache-2.0
#include "sim/operation.h"

#include "layout/paths.h"
#include "master/writes/deployment_writes.h"
#include "master/writes/job_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace heliosd::sim {

using Kind = Operation::Kind;
using State = History::State;

std::string_view to_string(Kind kind) {
    constexpr std::array<std::string_view, 8> names{"create", "remove",   "deploy", "start",
                                                    "stop",   "undeploy", "enrol",  "deregister"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string describe(Operation const& operation) {
    auto text = fmt::format("{} {}", operation.user, to_string(operation.kind));
    if (operation.job) text += " " + operation.job->job.id.name;
    if (!operation.host.empty()) text += " at " + operation.host;
    return text;
}

ApiCall call_for(Operation const& operation) {
    auto const user = "?user=" + operation.user;
    auto const id = operation.job ? operation.job->id : "";
    auto const place = fmt::format("/hosts/{}/jobs/{}{}", operation.host, id, user);
    auto const goal = [&](std::string_view word) {
        return fmt::format(R"({{"goal":"{}","job":"{}"}})", word, id);
    };
    switch (operation.kind) {
    case Kind::create: return {"POST", "/jobs" + user, operation.job->document};
    case Kind::remove: return {"DELETE", "/jobs/" + id + user, ""};
    case Kind::deploy: return {"PUT", place, goal("START")};
    case Kind::start: return {"PATCH", place, goal("START")};
    case Kind::stop: return {"PATCH", place, goal("STOP")};
    case Kind::undeploy: return {"DELETE", place, ""};
    case Kind::enrol:
        return {"PUT", "/hosts/" + operation.host + user + "&id=id-of-" + operation.host, ""};
    case Kind::deregister: return {"DELETE", "/hosts/" + operation.host + user, ""};
    }
    return {};
}

namespace {

/// One answer, looked at.
class Judgement {
public:
    Judgement(Operation const& operation, History const& history, History::Window window,
              std::span<std::string const> hosts)
        : operation_(operation),
          history_(history),
          window_(window),
          hosts_(hosts),
          id_(operation.job ? operation.job->id : ""),
          job_(layout::job(id_)),
          task_(layout::host_job(operation.host, id_)),
          host_(layout::host(operation.host)) {}

    /// After a lost answer, what is gone counts as removed, whoever removed it.
    bool success() const {
        switch (operation_.kind) {
        case Kind::create: return own(job_);
        case Kind::remove: return history_.was_absent(job_, window_);
        case Kind::deploy: return own(task_);
        case Kind::start: return had_goal("START");
        case Kind::stop: return had_goal("STOP");
        case Kind::undeploy: return history_.was_absent(task_, window_);
        case Kind::enrol: return history_.existed(layout::host_id(operation_.host), window_);
        case Kind::deregister: return history_.was_absent(host_, window_);
        }
        return false;
    }

    /// Whether the effect of a refused operation is there.
    bool happened() const {
        switch (operation_.kind) {
        case Kind::create: return own(job_);
        case Kind::deploy: return own(task_);
        case Kind::remove: return operation_.alone && history_.was_removed(job_, window_);
        case Kind::undeploy: return operation_.alone && history_.was_removed(task_, window_);
        case Kind::deregister: return operation_.alone && history_.was_removed(host_, window_);
        case Kind::start:
        case Kind::stop:
        case Kind::enrol: break;
        }
        return false;
    }

    /// Whether there was such a reason to refuse.
    bool reason(std::string const& word) const {
        if (operation_.kind == Kind::enrol)
            return history_.was(layout::host_id(operation_.host), window_, [&](State const& state) {
                return state.exists && state.data != "id-of-" + operation_.host;
            });
        if (word == "HOST_NOT_FOUND" || word == "NOT_FOUND")
            return history_.was_absent(layout::host_id(operation_.host), window_) ||
                   history_.was_absent(host_, window_);
        if (word == "JOB_ALREADY_EXISTS") {
            auto const reference = master::reference_name(operation_.job->job.id);
            return history_.existed(job_, window_) ||
                   history_.existed(layout::job_ref(reference), window_);
        }
        if (word == "JOB_ALREADY_DEPLOYED") return history_.existed(task_, window_);
        if (word == "JOB_NOT_DEPLOYED") return not_deployed() || history_.was_absent(job_, window_);
        if (word == "JOB_NOT_FOUND" && operation_.kind == Kind::undeploy) return not_deployed();
        if (word == "JOB_NOT_FOUND") return history_.was_absent(job_, window_);
        if (word == "STILL_IN_USE")
            return std::ranges::any_of(hosts_, [&](std::string const& host) {
                return history_.existed(layout::job_host(id_, host), window_);
            });
        if (word == "PORT_CONFLICT") return foreign_claim();
        return false;
    }

private:
    bool own(std::string const& path) const {
        auto const mark = "\"" + operation_.user + "\"";
        return history_.became(path, window_, [&](State const& state) {
            return state.exists && state.data.find(mark) != std::string::npos;
        });
    }
    /// Also of before: a write that got lost is not repeated when it would change nothing.
    bool had_goal(std::string_view goal) const {
        auto const mark = fmt::format(R"("goal":"{}")", goal);
        return history_.was(task_, window_, [&](State const& state) {
            return state.exists && state.data.find(mark) != std::string::npos;
        });
    }
    bool not_deployed() const { return history_.was_absent(task_, window_); }
    bool foreign_claim() const {
        auto const own_claim = json::quoted(id_);
        auto const ports = master::claimed_ports(operation_.job->job);
        return std::ranges::any_of(ports, [&](int port) {
            return history_.was(
                layout::host_port(operation_.host, port), window_,
                [&](State const& state) { return state.exists && state.data != own_claim; });
        });
    }

    Operation const& operation_;
    History const& history_;
    History::Window window_;
    std::span<std::string const> hosts_;
    std::string id_, job_, task_, host_;
};

} // namespace

std::optional<std::string> judge(Operation const& operation, ApiReply const& reply,
                                 History const& history, History::Window window,
                                 std::span<std::string const> hosts) {
    // An error tells nothing of the outcome, and promises nothing.
    if (reply.status >= 500) return std::nullopt;
    Judgement const judgement(operation, history, window, hosts);
    auto const said =
        fmt::format("{} was answered {} {}", describe(operation), reply.status, reply.body);
    if (reply.status == 200)
        return judgement.success() ? std::nullopt : std::optional(said + ", but did not happen");
    if (judgement.happened()) return said + ", but happened";
    if (!judgement.reason(reply.word())) return said + ", which was true at no moment";
    return std::nullopt;
}

} // namespace heliosd::sim
