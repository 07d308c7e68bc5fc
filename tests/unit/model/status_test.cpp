// SPDX-License-Identifier: Apache-2.0
#include "model/host.h"
#include "model/task.h"

#include "support/catch.h"
#include "support/data.h"

#include <fmt/format.h>

using namespace heliosd;
using namespace heliosd::model;

namespace {

std::string const id = "web:1:2309148c307c995094904011217e1ebc490430e8";

std::string failure_of(auto const& result) {
    return result ? "accepted" : result.error().message;
}

Result<Deployment> deployment(std::string_view text, bool strict = true) {
    return deployment_from_json(test::parsed(text), strict);
}

Result<TaskStatus> status(std::string_view members) {
    return task_status_from_json(
        test::parsed(fmt::format(R"({{"job":{{"id":"web:1"}},{}}})", members)));
}

} // namespace

TEST_CASE("model: a deployment is written without what only rolling updates set") {
    auto const typical = *deployment(fmt::format(R"({{"goal":"START","jobId":"{}"}})", id));
    CHECK(json::write(to_json(typical, Mode::common)) ==
          fmt::format(R"({{"deployerUser":null,"goal":"START","jobId":"{}"}})", id));
    CHECK(json::write(to_json(typical, Mode::api)) ==
          fmt::format(R"({{"goal":"START","deployerUser":null,"jobId":"{}"}})", id));
    Task const task{.job = {.id = *JobId::parse(id)},
                    .goal = Goal::stop,
                    .deployer_user = "u",
                    .deployer_master = "m",
                    .deployment_group_name = "g"};
    CHECK(json::write(to_json(deployment_of(task), Mode::api)) ==
          fmt::format(R"({{"goal":"STOP","deployerUser":"u","deployerMaster":"m",)"
                      R"("deploymentGroupName":"g","jobId":"{}"}})",
                      id));
}

TEST_CASE("model: a deployment names its job as jobId or job, and jobId wins") {
    CHECK(deployment(R"({"job":"a:1"})")->job_id == JobId{"a", "1", {}});
    CHECK(deployment(R"({"jobId":"b:1","job":"a:1"})")->job_id == JobId{"b", "1", {}});
    CHECK(deployment(R"({"jobId":null,"job":"a:1"})")->job_id == JobId{"a", "1", {}});
    CHECK(deployment("{}")->job_id == std::nullopt);
    CHECK(failure_of(deployment(R"({"jobId":"b"})")) == "jobId: Invalid Job id: b");
}

TEST_CASE("model: goals are exact in documents and forgiven in requests") {
    CHECK(deployment(R"({"goal":" st-art "})", false).error().message ==
          "goal:  st-art  was not one of [START, STOP, UNDEPLOY]");
    CHECK(deployment(R"({"goal":" st art "})", false)->goal == Goal::start);
    CHECK(deployment(R"({"goal":"Undeploy"})", false)->goal == Goal::undeploy);
    CHECK(failure_of(deployment(R"({"goal":"start"})")) ==
          "goal: start was not one of [START, STOP, UNDEPLOY]");
    CHECK(deployment(R"({"goal":"STOP"})")->goal == Goal::stop);
}

TEST_CASE("model: every constant is read back from what it is written as") {
    for (auto goal : {Goal::start, Goal::stop, Goal::undeploy})
        CHECK(*goal_from_text(to_string(goal), true) == goal);
    for (int i = 0; i <= static_cast<int>(TaskState::unknown); ++i) {
        auto const state = static_cast<TaskState>(i);
        CHECK(*task_state_from_text(to_string(state)) == state);
    }
    for (int i = 0; i <= static_cast<int>(Throttle::image_pull_failed); ++i) {
        auto const throttle = static_cast<Throttle>(i);
        CHECK(*throttle_from_text(to_string(throttle)) == throttle);
    }
    CHECK(to_string(TaskState::healthchecking) == "HEALTHCHECKING");
    CHECK(to_string(Throttle::image_pull_failed) == "IMAGE_PULL_FAILED");
    CHECK_FALSE(task_state_from_text("running"));
}

TEST_CASE("model: a task needs its job and its goal") {
    auto const read = [](std::string_view text) { return task_from_json(test::parsed(text)); };
    CHECK(failure_of(read(R"({"goal":"START"})")) == "job: expected an object, got nothing");
    CHECK(failure_of(read(R"({"job":{"id":"a:1"}})")) == "goal: expected a goal, got nothing");
    CHECK(failure_of(read(R"({"job":{"id":"a:1","image":[]},"goal":"START"})")) ==
          "job.image: expected a string, got a list");
    CHECK(failure_of(read(R"({"job":{},"goal":"START"})")) == "job: Job id was not specified.");
    auto const task = read(R"({"job":{"id":"a:1"},"goal":"STOP"})");
    CHECK(task->goal == Goal::stop);
    CHECK(to_json(*task, Mode::common).find("deployerMaster")->is_null());
}

TEST_CASE("model: a task status needs job and state, the rest has defaults") {
    CHECK(failure_of(status(R"("goal":"START")")) == "state: expected a state, got nothing");
    CHECK(failure_of(status(R"("state":"WAITING")")) ==
          "state: WAITING was not one of [PULLING_IMAGE, CREATING, STARTING, HEALTHCHECKING, "
          "RUNNING, EXITED, STOPPING, STOPPED, FAILED, UNKNOWN]");
    CHECK(failure_of(status(R"("state":"RUNNING","throttled":"MAYBE")")) ==
          "throttled: MAYBE was not one of [NO, FLAPPING, IMAGE_MISSING, IMAGE_PULL_FAILED]");
    auto const read = status(R"("state":"RUNNING","containerError":null)");
    REQUIRE(read);
    CHECK(read->throttled == Throttle::no);
    CHECK(read->goal == std::nullopt);
    auto const written = to_json(*read, Mode::api);
    CHECK(*written.find("containerError") == "");
    std::string names;
    for (auto const& [name, value] : *written.if_object()) names += name + " ";
    CHECK(names == "job goal state containerId throttled ports env containerError ");
}

TEST_CASE("model: an event of the history comes back") {
    TaskStatusEvent const event{
        .status = *status(R"("state":"EXITED")"), .timestamp = 1718000000000, .host = "host-a"};
    CHECK(*task_status_event_from_json(to_json(event, Mode::api)) == event);
    auto const common = to_json(event, Mode::common);
    CHECK(common.if_object()->begin()->name == "host");
}

TEST_CASE("model: a host status needs jobs, statuses and status") {
    auto const read = [](std::string_view text) {
        return host_status_from_json(test::parsed(text));
    };
    CHECK(failure_of(read(R"({"statuses":{},"status":"UP"})")) ==
          "jobs: expected an object, got nothing");
    CHECK(failure_of(read(R"({"jobs":{},"statuses":null,"status":"UP"})")) ==
          "statuses: expected an object, got null");
    CHECK(failure_of(read(R"({"jobs":{},"statuses":{},"status":"ASLEEP"})")) ==
          "status: expected UP or DOWN, got a string");
    auto const up = read(R"({"jobs":{},"statuses":{},"status":"UP","labels":{"a":"b"}})");
    REQUIRE(up);
    CHECK(up->up);
    CHECK(json::write(to_json(*up, Mode::api)) ==
          R"({"jobs":{},"statuses":{},"status":"UP","hostInfo":null,"agentInfo":null,)"
          R"("environment":{},"labels":{"a":"b"}})");
}

TEST_CASE("model: a job status comes back with both its maps") {
    JobStatus status_of_job;
    status_of_job.job = Job{.id = *JobId::parse(id), .image = "i"};
    status_of_job.task_statuses["h"] = *status(R"("state":"RUNNING","goal":"START")");
    status_of_job.deployments["h"] = {.job_id = JobId::parse(id).value(), .goal = Goal::start};
    auto const written = to_json(status_of_job, Mode::api);
    CHECK(*job_status_from_json(written) == status_of_job);
    CHECK(written.if_object()->begin()->name == "job");
}

TEST_CASE("model: the load of a host is written as Java writes a double") {
    auto const written = [](double load) {
        return to_json(HostInfo{.load_avg = load}, Mode::api).find("loadAvg")->if_number()->text;
    };
    CHECK(written(0) == "0.0");
    CHECK(written(1) == "1.0");
    CHECK(written(-1) == "-1.0");
    CHECK(written(0.25) == "0.25");
    CHECK(written(0.001) == "0.001");
    CHECK(written(0.0001) == "1.0E-4");
    CHECK(written(9999999) == "9999999.0");
    CHECK(written(1e10) == "1.0E10");
    CHECK(written(1.25e-7) == "1.25E-7");
    CHECK(host_info_from_json(test::parsed(R"({"loadAvg":2})"))->load_avg == 2.0);
    CHECK(failure_of(host_info_from_json(test::parsed(R"({"loadAvg":[]})"))) ==
          "loadAvg: expected a number, got a list");
}
