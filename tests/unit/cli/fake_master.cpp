// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/fake_master.h"

#include "base/text.h"

#include <fmt/format.h>

namespace heliosd::test {

namespace {

using namespace model;

net::Response document(int status, json::Value const& value) {
    net::Response response{.status = status};
    response.headers.add("Content-Type", "application/json");
    response.body = json::write(value);
    return response;
}

json::Object outcome(std::string_view status, std::string const& host, JobId const& id) {
    return {{"status", status}, {"job", id.to_string()}, {"host", host}};
}

Async<net::Response> done(net::Response response) {
    co_return response;
}

JobId id_of(std::string_view text) {
    return JobId::parse(text).value();
}

std::vector<std::string> texts(std::string const& body) {
    std::vector<std::string> list;
    auto const value = json::parse(body).value();
    for (auto const& item : *value.if_array()) list.push_back(*item.if_string());
    return list;
}

TaskStatus task(Job job, TaskState state, Throttle throttled,
                std::optional<std::string> container) {
    TaskStatus status{.job = std::move(job)};
    status.goal = Goal::start;
    status.state = state;
    status.throttled = throttled;
    status.container_id = std::move(container);
    return status;
}

constexpr auto shop_container = "60671498ae98d7b1c3f0e2a4958677665544332211ffeeddccbbaa9988776655";
constexpr auto cron_container = "9f8e7d6c5b4a39281706f5e4d3c2b1a0998877665544332211ffeeddccbbaa00";

} // namespace

void FakeMaster::add_host(std::string const& name, bool up, WallTime now, StringMap labels) {
    using namespace std::chrono;
    auto const start = now.time_since_epoch() - (up ? 0ms : 48h) - 1140s;
    HostStatus status{.up = up, .labels = std::move(labels)};
    status.agent_info = AgentInfo{.input_arguments = {"-Xmx256m"},
                                  .name = "4242@" + name.substr(0, name.find('.')),
                                  .spec_name = "Java Virtual Machine Specification",
                                  .spec_vendor = "Oracle Corporation",
                                  .spec_version = "1.8",
                                  .version = "0.9.283",
                                  .vm_name = "OpenJDK 64-Bit Server VM",
                                  .vm_vendor = "Oracle Corporation",
                                  .vm_version = "25.181-b13",
                                  .start_time = start.count(),
                                  .uptime = 1140000};
    auto const machine = name.substr(0, name.find('.'));
    status.host_info = HostInfo{.hostname = machine,
                                .uname = "Linux " + machine + " 4.9.0-7-amd64",
                                .architecture = "amd64",
                                .os_name = "Linux",
                                .os_version = "4.9.0-7-amd64",
                                .cpus = 4,
                                .load_avg = 0.61,
                                .memory_total = 8053063680,
                                .memory_free = 1288490188,
                                .docker_version = DockerVersion{.api_version = "1.29",
                                                                .arch = "amd64",
                                                                .git_commit = "89658be",
                                                                .go_version = "go1.7.5",
                                                                .kernel_version = "4.9.0-7-amd64",
                                                                .os = "linux",
                                                                .version = "17.05.0-ce"},
                                .docker_host = "unix:///var/run/docker.sock"};
    hosts.insert_or_assign(name, std::move(status));
}

void FakeMaster::put_task(std::string const& host, JobId const& id, Goal goal, TaskStatus status) {
    auto& there = hosts.at(host);
    there.jobs[id.to_string()] = {.job_id = id, .goal = goal, .deployer_user = "mia"};
    there.statuses[id.to_string()] = std::move(status);
}

FakeMaster FakeMaster::sample(WallTime now) {
    FakeMaster master;
    Job shop{.id = {"shop", "2.1", {}},
             .image = "registry.example.net/shop:2.1",
             .created = 1718000000000,
             .command = {"/bin/shop", "--title", "My Shop"},
             .env = {{"LOG", "info"}},
             .creating_user = "mia",
             .health_check = HttpHealthCheck{.path = "/ping", .port = "http"}};
    shop.ports["http"] = {.internal_port = 80, .external_port = 8080};
    shop.registration["shop/http"].ports.emplace()["http"] = PortParameters{};
    shop.id.hash = job_hash(shop);
    Job old{.id = id_of("shop:2.0:d6dcf206697f4e53697c6ef1bd9f7a13a52e9ff0"), .image = "shop:2.0"};
    Job cron{.id = {"cron", "7", {}},
             .image = "busybox:1.36",
             .created = 1718000100000,
             .command = {"crond", "-f"},
             .creating_user = "mia"};
    cron.id.hash = job_hash(cron);
    for (auto const& job : {shop, old, cron}) master.jobs.emplace(job.id, job);

    std::string const node1 = "node1.lon.example.net";
    std::string const node2 = "node2.lon.example.net";
    StringMap const labels{{"role", "web"}, {"site", "lon"}};
    master.add_host(node1, true, now, labels);
    master.add_host(node2, false, now, labels);
    auto running = task(shop, TaskState::running, Throttle::no, shop_container);
    running.ports = shop.ports;
    master.put_task(node1, shop.id, Goal::start, running);
    master.put_task(node2, shop.id, Goal::start,
                    task(shop, TaskState::pulling_image, Throttle::image_missing, std::nullopt));
    auto stopped = task(cron, TaskState::stopped, Throttle::no, cron_container);
    master.put_task(node2, cron.id, Goal::stop, stopped);

    auto& events = master.histories[shop.id];
    events.push_back(
        {task(shop, TaskState::creating, Throttle::no, std::nullopt), 1718000300987, node1});
    events.push_back(
        {task(shop, TaskState::starting, Throttle::no, shop_container), 1718000301202, node1});
    events.push_back({running, 1718000301387, node1});
    master.histories[cron.id].push_back({stopped, 1718000200000, node2});
    return master;
}

net::Handler FakeMaster::handler() {
    return [this](net::Request request, net::Context) { return done(answer(request)); };
}

net::Response FakeMaster::answer(net::Request const& request) {
    requests.push_back(fmt::format("{} {}", request.method, request.target));
    if (broken != 0) return {.status = broken};
    if (foreign) {
        net::Response response{.status = foreign->status, .headers = foreign->headers};
        response.body = std::get<std::string>(foreign->body);
        return response;
    }
    auto const question = request.target.find('?');
    std::vector<std::string> path;
    for (auto part : text::split(request.target.substr(0, question), '/')) {
        if (!part.empty()) path.push_back(net::percent_decode(part).value());
    }
    net::Query const query(request.target.substr(question + 1));
    auto response = [&]() -> net::Response {
        if (path[0] == "jobs") return answer_jobs(request, path, query);
        if (path[0] == "hosts") return answer_hosts(request, path, query);
        if (path[0] == "masters") return document(200, json::Array(masters.begin(), masters.end()));
        if (path[0] == "version") return document(200, "0.9.283");
        json::Array events;
        for (auto const& event : histories[id_of(path[2])])
            events.push_back(to_json(event, Mode::api));
        return document(200, json::Object{{"events", events}, {"status", "OK"}});
    }();
    response.headers.add("Helios-Server-Version", "0.8.1");
    response.headers.add("Helios-Version-Status", version_status);
    if (!stale.empty()) response.headers.add("X-Helios-Stale", stale);
    return response;
}

JobStatus FakeMaster::status_of(JobId const& id) const {
    JobStatus status;
    status.job = jobs.at(id);
    for (auto const& [name, host] : hosts) {
        auto const deployment = host.jobs.find(id.to_string());
        if (deployment != host.jobs.end()) status.deployments.insert({name, deployment->second});
        auto const reported = host.statuses.find(id.to_string());
        if (reported != host.statuses.end()) status.task_statuses.insert({name, reported->second});
    }
    return status;
}

net::Response FakeMaster::answer_jobs(net::Request const& request,
                                      std::vector<std::string> const& path,
                                      net::Query const& query) {
    if (request.method == "GET" && path.size() == 1) {
        auto const* part = query.find("q");
        json::Object found;
        for (auto const& [id, job] : jobs) {
            if (part == nullptr || id.to_string().find(*part) != std::string::npos)
                found.set(id.to_string(), to_json(job, Mode::api));
        }
        return document(200, found);
    }
    if (request.method == "POST" && path.size() == 1) {
        auto job = job_from_json(json::parse(request.body).value()).value();
        job.id.hash = job_hash(job);
        auto const added = jobs.emplace(job.id, job).second;
        return document(added ? 200 : 400,
                        json::Object{{"errors", json::Array{}},
                                     {"id", job.id.to_string()},
                                     {"status", added ? "OK" : "JOB_ALREADY_EXISTS"}});
    }
    if (request.method == "POST") {
        json::Object statuses;
        for (auto const& text : texts(request.body)) {
            if (jobs.contains(id_of(text)))
                statuses.set(text, to_json(status_of(id_of(text)), Mode::api));
        }
        return document(200, statuses);
    }
    auto const id = id_of(path[1]);
    if (!jobs.contains(id) && request.method == "GET") return {.status = 404};
    if (request.method == "GET") return document(200, to_json(status_of(id), Mode::api));
    if (!jobs.contains(id)) return document(404, json::Object{{"status", "JOB_NOT_FOUND"}});
    if (*query.find("token") != jobs.at(id).token)
        return document(403, json::Object{{"status", "FORBIDDEN"}});
    if (!status_of(id).deployments.empty())
        return document(400, json::Object{{"status", "STILL_IN_USE"}});
    jobs.erase(id);
    return document(200, json::Object{{"status", "OK"}});
}

net::Response FakeMaster::answer_hosts(net::Request const& request,
                                       std::vector<std::string> const& path,
                                       net::Query const& query) {
    if (path.size() == 4) return answer_deployment(request, path[1], id_of(path[3]));
    if (request.method == "POST") {
        auto const* wanted = query.find("status");
        json::Object statuses;
        for (auto const& name : texts(request.body)) {
            auto const& status = hosts.at(name);
            if (wanted == nullptr || *wanted == (status.up ? "UP" : "DOWN"))
                statuses.set(name, to_json(status, Mode::api));
        }
        return document(200, statuses);
    }
    auto const* part = query.find("namePattern");
    json::Array names;
    for (auto const& [name, status] : hosts) {
        if (part == nullptr || name.find(*part) != std::string::npos) names.emplace_back(name);
    }
    return document(200, names);
}

net::Response FakeMaster::answer_deployment(net::Request const& request, std::string const& name,
                                            JobId const& id) {
    auto const host = hosts.find(name);
    if (host == hosts.end()) return document(404, outcome("HOST_NOT_FOUND", name, id));
    auto& deployments = host->second.jobs;
    bool const there = deployments.contains(id.to_string());
    if (request.method == "PUT" && there)
        return document(400, outcome("JOB_ALREADY_DEPLOYED", name, id));
    if (request.method != "PUT" && !there) {
        auto const* status = request.method == "PATCH" ? "JOB_NOT_DEPLOYED" : "JOB_NOT_FOUND";
        return document(404, outcome(status, name, id));
    }
    if (request.method == "GET")
        return document(200, to_json(deployments[id.to_string()], Mode::api));
    if (request.method == "DELETE") {
        deployments.erase(id.to_string());
        host->second.statuses.erase(id.to_string());
    } else {
        auto const sent = deployment_from_json(json::parse(request.body).value(), true).value();
        deployments[id.to_string()] = sent;
    }
    return document(200, outcome("OK", name, id));
}

} // namespace heliosd::test
