// SPDX-License-Identifier: Apache-2.0
#include "support/program.h"

#include "client/solo_file.h"
#include "docker/engine_http.h"
#include "net/http/uri.h"
#include "support/catch.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

namespace heliosd::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string program_path() {
    char const* named = std::getenv("HELIOSD_PROGRAM");
    // tests/integration/integration-tests stands three steps below the root of the build.
    auto const built = fs::read_symlink("/proc/self/exe").parent_path() / "../../src/heliosd";
    auto const path = fs::weakly_canonical(named ? fs::path(named) : built);
    if (!fs::exists(path)) throw std::runtime_error("no program at " + path.string());
    return path.string();
}

std::string at(json::Value const& document, std::initializer_list<std::string_view> way) {
    auto const* value = &document;
    for (auto const name : way) {
        value = value->find(name);
        if (!value) return {};
    }
    if (auto const* text = value->if_string()) return *text;
    return value->is_null() ? "" : json::write(*value);
}

// --- the machine

namespace {

std::string make_scratch() {
    auto pattern = (fs::temp_directory_path() / "heliosd-program-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no scratch directory");
    return pattern;
}

/// Ours, without what would tell the program where to go.
Variables home_environment(std::string const& home) {
    Variables variables{"HOME=" + home, "XDG_RUNTIME_DIR=" + home};
    for (char** entry = environ; *entry; ++entry) {
        std::string const variable = *entry;
        bool const known = variable.starts_with("HOME=") ||
                           variable.starts_with("XDG_RUNTIME_DIR=") ||
                           variable.starts_with("HELIOS") || variable.starts_with("DOCKER_");
        if (!known) variables.push_back(variable);
    }
    return variables;
}

} // namespace

Rig::Rig(std::string docker)
    : docker_(std::move(docker)),
      scratch_(make_scratch()),
      environment_(home_environment(scratch_)) {
    // Root's solo leaves its file at one place for the whole machine.
    if (getuid() != 0) return;
    solo_file_ = client::solo_file_path({}, 0);
    had_solo_file_ = fs::exists(solo_file_);
    if (had_solo_file_) fs::copy_file(solo_file_, path("solo.json.before"));
}

Rig::~Rig() {
    for (auto const& job : jobs_)
        for (auto const& id : containers_of(job)) remove_container(id);
    std::error_code ignored;
    if (had_solo_file_)
        fs::copy_file(path("solo.json.before"), solo_file_, fs::copy_options::overwrite_existing,
                      ignored);
    fs::remove_all(scratch_, ignored);
}

Ended Rig::run(Words words) const {
    words.insert(words.begin(), program_path());
    return run_command(words, environment_);
}

Ended Rig::helios(Words words) const {
    words.insert(words.begin(), "cli");
    return run(std::move(words));
}

Answer Rig::call(std::string const& address, std::string method, std::string target,
                 std::string body) {
    auto const endpoint = docker::parse_docker_endpoint(address, "address").value();
    net::Request request{
        .method = std::move(method), .target = std::move(target), .body = std::move(body)};
    request.headers.add("Host", net::host_header(endpoint));
    request.headers.add("Content-Type", "application/json");
    auto answer = world_.run(http_.call(endpoint, std::move(request)));
    if (!answer) return {.body = answer.error().message};
    auto document = json::parse(answer->body);
    return {.status = answer->status,
            .body = answer->body,
            .document = document ? std::move(*document) : json::Value()};
}

bool Rig::eventually(Duration limit, std::function<bool()> const& done) {
    auto const deadline = now() + limit;
    while (!done()) {
        if (now() > deadline) return false;
        world_.run(world_.clock.sleep(20ms));
    }
    return true;
}

Answer Rig::docker_call(std::string method, std::string const& id) {
    return call(docker_, std::move(method), "/containers/" + id);
}

Words Rig::containers_of(std::string const& job) {
    Words ids;
    if (docker_.empty()) return ids;
    auto const filter = json::write(json::Object{{"label", json::Array{"helios.job.id=" + job}}});
    auto const listed = docker_call("GET", "json?all=1&filters=" + net::percent_encode(filter));
    auto const* containers = listed.document.if_array();
    if (!containers) throw std::runtime_error("Docker lists no containers: " + listed.body);
    for (auto const& container : *containers) ids.push_back(at(container, {"Id"}));
    return ids;
}

bool Rig::runs(std::string const& job) {
    auto const ids = containers_of(job);
    return std::ranges::any_of(ids, [&](auto const& id) { return container(id).running; });
}

Container Rig::container(std::string const& id) {
    auto const seen = docker_call("GET", id + "/json");
    return {.id = at(seen.document, {"Id"}),
            .started_at = at(seen.document, {"State", "StartedAt"}),
            .running = at(seen.document, {"State", "Running"}) == "true"};
}

// --- the daemons

void Daemon::start() {
    Words command{program_path()};
    command.insert(command.end(), words_.begin(), words_.end());
    process_ = std::make_unique<Process>(command, rig_.path(name_ + ".log"), rig_.environment());
}

int Daemon::count(std::string_view sentence) const {
    auto const text = log();
    int found = 0;
    for (auto place = text.find(sentence); place != std::string::npos;
         place = text.find(sentence, place + sentence.size()))
        ++found;
    return found;
}

// --- the API

Ended Api::helios(Words words) const {
    words.insert(words.begin(), {"-z", address_});
    return rig_.helios(std::move(words));
}

std::string Api::create(std::string document) {
    auto const answer = call("POST", "/jobs?user=test", std::move(document));
    if (at(answer.document, {"status"}) != "OK") {
        UNSCOPED_INFO(answer.status << " " << answer.body);
        return {};
    }
    auto id = at(answer.document, {"id"});
    rig_.owns(id);
    return id;
}

Answer Api::deploy(std::string const& job, std::string const& host) {
    return call("PUT", fmt::format("/hosts/{}/jobs/{}", host, job),
                json::write(json::Object{{"goal", "START"}, {"jobId", job}}));
}

json::Value Api::status(std::string const& job, std::string const& host) {
    auto const answer = call("GET", "/jobs/" + job + "/status");
    auto const* statuses = answer.document.find("taskStatuses");
    auto const* found = statuses ? statuses->find(host) : nullptr;
    return found ? *found : json::Value();
}

bool Api::is_running(std::string const& job, std::string const& host, Duration limit) {
    return rig_.eventually(limit, [&] { return state(job, host) == "RUNNING"; });
}

bool Api::is_up(std::string const& host, Duration limit) {
    return rig_.eventually(limit, [&] {
        return at(call("GET", "/hosts/" + host + "/status").document, {"status"}) == "UP";
    });
}

bool Api::answers(Duration limit) {
    return rig_.eventually(limit, [&] { return call("GET", "/masters").status != 0; });
}

} // namespace heliosd::test
