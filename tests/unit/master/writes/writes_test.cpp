// SPDX-License-Identifier: Apache-2.0
#include "master/writes/deployment_writes.h"
#include "master/writes/host_writes.h"
#include "master/writes/job_writes.h"

#include "support/catch.h"

namespace heliosd::master {
namespace {

constexpr char const* hash = "ea894201c4a2dad594ccf40a1981c06842852a04";

/// An operation as one word and its path, to compare lists of them.
std::string brief(store::Op const& op) {
    struct {
        std::string operator()(store::Create const& op) const { return "create " + op.path; }
        std::string operator()(store::Set const& op) const {
            return "set " + op.path + " @" + std::to_string(op.version);
        }
        std::string operator()(store::Remove const& op) const {
            return "remove " + op.path + " @" + std::to_string(op.version);
        }
        std::string operator()(store::Check const& op) const { return "check " + op.path; }
    } const visitor;
    return std::visit(visitor, op);
}
std::vector<std::string> brief(std::vector<store::Op> const& ops) {
    std::vector<std::string> out;
    for (auto const& op : ops) out.push_back(brief(op));
    return out;
}

model::Job web() {
    model::Job job;
    job.id = {"web", "1", hash};
    job.image = "busybox:latest";
    job.ports["http"] = {.internal_port = 80, .external_port = 8080};
    job.ports["dns-udp"] = {.internal_port = 53, .external_port = 53, .protocol = "udp"};
    job.ports["dns-tcp"] = {.internal_port = 53, .external_port = 53};
    job.ports["debug"] = {.internal_port = 9};
    return job;
}

std::string const id = std::string("web:1:") + hash;

TEST_CASE("master: adding a job writes the five operations of the reference, in its order") {
    auto const ops = add_job_ops(web(), "u", "c");
    CHECK(brief(ops) == std::vector<std::string>{
                            "create /config/jobs/" + id, "create /config/jobrefs/web:1",
                            "create /config/jobs/" + id + "/hosts",
                            "create /config/jobs/" + id + "/creation-u", "set /config/jobs @-1"});
    CHECK(std::get<store::Create>(ops[1]).data == '"' + id + '"');
    CHECK(std::get<store::Create>(ops[2]).data.empty());
    CHECK(std::get<store::Set>(ops[4]).data == "c");
}

TEST_CASE("master: what a failed addition of a job means") {
    using O = AddJobOutcome;
    CHECK(interpret_add_job({.own_marker = true, .job = true, .reference = true}) == O::added);
    CHECK(interpret_add_job({.job = true, .reference = true}) == O::exists);
    // The same name and version with another hash.
    CHECK(interpret_add_job({.reference = true}) == O::exists);
    CHECK(interpret_add_job({.job = true}) == O::exists);
    CHECK(interpret_add_job({}) == std::nullopt);
}

TEST_CASE("master: removing a job removes what is there of it, children first") {
    RemoveJobPlan plan{.id = web().id, .version = 0, .children = {"creation-u", "hosts"}};
    CHECK(brief(remove_job_ops(plan, "c")) ==
          std::vector<std::string>{"remove /config/jobs/" + id + "/creation-u @-1",
                                   "remove /config/jobs/" + id + "/hosts @-1",
                                   "remove /config/jobrefs/web:1 @-1",
                                   "remove /config/jobs/" + id + " @0", "set /config/jobs @-1"});
    plan.children = {"hosts"};
    plan.reference_is_ours = false;
    CHECK(brief(remove_job_ops(plan, "c")) ==
          std::vector<std::string>{"remove /config/jobs/" + id + "/hosts @-1",
                                   "remove /config/jobs/" + id + " @0", "set /config/jobs @-1"});
}

TEST_CASE("master: what a failed removal of a job means") {
    using O = RemoveJobOutcome;
    // The answer got lost and the job is gone, or is another of the same id.
    CHECK(interpret_remove_job({.outcome_known = false}) == O::removed);
    CHECK(interpret_remove_job({.outcome_known = true}) == O::not_found);
    CHECK(interpret_remove_job({.same_job = true, .deployed = true}) == O::still_in_use);
    CHECK(interpret_remove_job({.outcome_known = false, .same_job = true, .deployed = true}) ==
          O::still_in_use);
    CHECK(interpret_remove_job({.same_job = true}) == std::nullopt);
}

TEST_CASE("master: a deployment claims each external port number once") {
    CHECK(claimed_ports(web()) == std::set{53, 8080});
    model::Task const task{.job = web(), .deployer_user = "alice"};
    auto const ops = deploy_ops("h", task, "u");
    CHECK(brief(ops) ==
          std::vector<std::string>{"check /config/jobs/" + id, "create /config/hosts/h/ports/53",
                                   "create /config/hosts/h/ports/8080",
                                   "create /config/jobs/" + id + "/hosts/h",
                                   "create /config/hosts/h/jobs/" + id,
                                   "create /config/hosts/h/jobs/" + id + "/creation-u"});
    CHECK(std::get<store::Create>(ops[1]).data == '"' + id + '"');
    auto const stored = json::parse(std::get<store::Create>(ops[4]).data).value();
    CHECK(*stored.find("goal")->if_string() == "START");
    CHECK(*stored.find("deployerUser")->if_string() == "alice");
    CHECK(stored.find("deployerMaster")->is_null());
}

TEST_CASE("master: what a failed deployment means, in the order of the checks") {
    using O = DeployOutcome;
    CHECK(interpret_deploy({.own_marker = true, .job = true, .task = true, .registered = true}) ==
          O::deployed);
    CHECK(interpret_deploy({.task = true, .registered = true}) == O::job_not_found);
    CHECK(interpret_deploy({.job = true, .task = true, .foreign_port = true, .registered = true}) ==
          O::already_deployed);
    CHECK(interpret_deploy({.job = true, .foreign_port = true, .registered = true}) ==
          O::port_conflict);
    CHECK(interpret_deploy({.job = true}) == O::host_not_found);
    CHECK(interpret_deploy({.job = true, .registered = true}) == std::nullopt);
}

TEST_CASE("master: a goal is set against the version and the very deployment that were read") {
    model::Task const task{.job = web(), .goal = model::Goal::stop};
    DeploymentNode node{.version = 3, .children = {"creation-u"}};
    CHECK(brief(set_goal_ops("h", task, node)) ==
          std::vector<std::string>{"check /config/hosts/h/jobs/" + id + "/creation-u",
                                   "set /config/hosts/h/jobs/" + id + " @3"});
    node.children.clear();
    CHECK(brief(set_goal_ops("h", task, node)) ==
          std::vector<std::string>{"set /config/hosts/h/jobs/" + id + " @3"});
}

TEST_CASE("master: what a failed setting of a goal means") {
    using O = SetGoalOutcome;
    CHECK(interpret_set_goal({.task = false}) == O::not_deployed);
    CHECK(interpret_set_goal({.outcome_known = false, .task = true, .as_written = true}) == O::set);
    // Refused, yet the content is the same: somebody else wrote it, so look again.
    CHECK(interpret_set_goal({.task = true, .as_written = true}) == std::nullopt);
    CHECK(interpret_set_goal({.outcome_known = false, .task = true}) == std::nullopt);
}

TEST_CASE("master: undeploying removes the marker, the task, the reverse entry and our claims") {
    UndeployPlan plan{.host = "h",
                      .job = id,
                      .node = {.version = 2, .children = {"creation-u"}},
                      .ports = {53, 8080}};
    CHECK(brief(undeploy_ops(plan)) ==
          std::vector<std::string>{"remove /config/hosts/h/jobs/" + id + "/creation-u @-1",
                                   "remove /config/hosts/h/jobs/" + id + " @2",
                                   "remove /config/jobs/" + id + "/hosts/h @-1",
                                   "remove /config/hosts/h/ports/53 @-1",
                                   "remove /config/hosts/h/ports/8080 @-1"});
    plan.job_host = false;
    plan.ports.clear();
    CHECK(undeploy_ops(plan).size() == 2);
}

TEST_CASE("master: what a failed undeployment means") {
    using O = UndeployOutcome;
    CHECK(interpret_undeploy({.task = false}) == O::not_deployed);
    CHECK(interpret_undeploy({.task = true, .same_deployment = false}) == O::not_deployed);
    CHECK(interpret_undeploy({.outcome_known = false, .task = false}) == O::undeployed);
    CHECK(interpret_undeploy({.outcome_known = false, .task = true}) == O::undeployed);
    CHECK(interpret_undeploy({.task = true, .same_deployment = true}) == std::nullopt);
}

TEST_CASE("master: a host is registered with whatever of it is missing, the id last") {
    auto const all = host_skeleton("h");
    CHECK(all.size() == 5);
    CHECK(brief(register_host_ops("h", "x", all)) ==
          std::vector<std::string>{"create /config/hosts/h", "create /config/hosts/h/jobs",
                                   "create /config/hosts/h/ports", "create /status/hosts/h",
                                   "create /status/hosts/h/jobs", "create /config/hosts/h/id"});
    CHECK(brief(register_host_ops("h", "x", {})) ==
          std::vector<std::string>{"create /config/hosts/h/id"});
}

TEST_CASE("master: removals are cut into requests that servers accept, children first") {
    std::vector<std::string> const paths{"/a", "/a/b", "/a/b/c", "/a/d", "/a/e"};
    auto const chunks = removal_chunks(paths, 2);
    REQUIRE(chunks.size() == 3);
    CHECK(brief(chunks[0]) == std::vector<std::string>{"remove /a/e @-1", "remove /a/d @-1"});
    CHECK(brief(chunks[2]) == std::vector<std::string>{"remove /a @-1"});
    CHECK(removal_chunks(paths, 100, 40).size() == 4);
    CHECK(removal_chunks({}).empty());
}

} // namespace
} // namespace heliosd::master
