// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "net/http/client.h"
#include "net/resolver.h"
#include "support/process.h"
#include "support/run.h"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// heliosd as its users meet it: the built program, its exit codes, outputs and HTTP answers.
namespace heliosd::test {

using Words = std::vector<std::string>;

/// The program under test: `HELIOSD_PROGRAM`, else the one built beside these tests.
std::string program_path();

/// An answer over HTTP; status 0 when none came.
struct Answer {
    int status = 0;
    std::string body;
    json::Value document; ///< null when the body is none
};

/// What stands at the end of this way through the members: a text, or JSON; empty when nothing.
std::string at(json::Value const& document, std::initializer_list<std::string_view> way);

/// What must not change when a daemon is killed.
struct Container {
    std::string id, started_at;
    bool running = false;
    bool operator==(Container const&) const = default;
};

/// A scratch directory that is also the home of every process started here, and the way to talk to
/// them. Takes away its containers and files at the end, and gives `/run/heliosd/solo.json` back.
class Rig {
public:
    explicit Rig(std::string docker = "");
    ~Rig();
    Rig(Rig const&) = delete;
    Rig& operator=(Rig const&) = delete;

    std::string path(std::string const& name) const { return scratch_ + "/" + name; }
    Variables const& environment() const { return environment_; }

    /// `heliosd WORDS…` to its end.
    Ended run(Words words) const;
    /// `helios WORDS…`, with nothing said about where the master is.
    Ended helios(Words words) const;

    Answer call(std::string const& address, std::string method, std::string target,
                std::string body = "");
    /// Until `done` says so; false when it did not within `limit`.
    bool eventually(Duration limit, std::function<bool()> const& done);
    Duration now() { return world_.clock.now().time_since_epoch(); }

    /// The container as Docker knows it.
    Container container(std::string const& id);
    void remove_container(std::string const& id) { docker_call("DELETE", id + "?force=1"); }
    void kill_container(std::string const& id) { docker_call("POST", id + "/kill"); }
    /// The ids of a job's containers, dead or alive.
    Words containers_of(std::string const& job);
    /// Whether any of them runs.
    bool runs(std::string const& job);
    /// Containers of this job are removed at the end.
    void owns(std::string job) { jobs_.push_back(std::move(job)); }

private:
    Answer docker_call(std::string method, std::string const& id);

    std::string docker_, scratch_, solo_file_;
    bool had_solo_file_ = false;
    Variables environment_;
    Words jobs_;
    RealWorld world_;
    net::SystemResolver resolver_{world_.clock};
    net::RealHttpClient http_{resolver_};
};

/// One daemon on one state directory: started, ended, started again.
class Daemon {
public:
    Daemon(Rig& rig, std::string name, Words words)
        : rig_(rig), name_(std::move(name)), words_(std::move(words)) {}

    void start();
    int stop(int signal) { return process_->stop(signal); }
    Process& process() { return *process_; }
    /// What it has said so far, over all its lives.
    std::string log() const { return text_of(rig_.path(name_ + ".log")); }
    bool says(std::string_view sentence) const { return count(sentence) > 0; }
    int count(std::string_view sentence) const;

private:
    Rig& rig_;
    std::string name_;
    Words words_;
    std::unique_ptr<Process> process_;
};

/// The API of a master, and what tests do with it.
class Api {
public:
    Api(Rig& rig, std::string address) : rig_(rig), address_(std::move(address)) {}

    std::string const& address() const { return address_; }
    Answer call(std::string method, std::string target, std::string body = "") {
        return rig_.call(address_, std::move(method), std::move(target), std::move(body));
    }
    /// `helios -z ADDRESS WORDS…`.
    Ended helios(Words words) const;

    /// Creates the job of this document; answers its full id, empty when it was refused.
    std::string create(std::string document);
    Answer deploy(std::string const& job, std::string const& host);
    /// The job's status on the host as the API has it, null without one.
    json::Value status(std::string const& job, std::string const& host);
    std::string state(std::string const& job, std::string const& host) {
        return at(status(job, host), {"state"});
    }
    bool is_running(std::string const& job, std::string const& host, Duration limit);
    bool is_up(std::string const& host, Duration limit);
    /// Until it answers at all, whatever the status.
    bool answers(Duration limit);
    /// When the agent of this host says it was started, in ms.
    std::string agent_start(std::string const& host) {
        return at(call("GET", "/hosts/" + host + "/status").document, {"agentInfo", "startTime"});
    }

private:
    Rig& rig_;
    std::string address_;
};

} // namespace heliosd::test
