// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "model/host.h"
#include "net/http.h"

#include <string>
#include <vector>

namespace heliosd::client {

/// An answer of the master whose status the caller interprets.
struct Answer {
    int status = 0;
    json::Value document; ///< null when there was no body, or none that is JSON
    std::string body;
};

struct Options {
    std::vector<net::Endpoint> endpoints; ///< tried in turn, starting anywhere
    std::string user;                     ///< the `user` parameter of every request
    std::string version;                  ///< `Helios-Version`
    /// The longest a call may take, retries included (spec/cli.md §4.3).
    Duration total_limit = std::chrono::seconds{60};
};

/// The master's HTTP API, one method a call (spec/rest-api.md). Requests go to one of the
/// endpoints; when it cannot be reached the next one is tried, by the rules of spec/cli.md §4.
/// Errors: `Errc::unavailable` after the last attempt, `Errc::invalid` when an answer is not what
/// the API promises; the sentence names the endpoint.
class MasterClient {
public:
    MasterClient(net::HttpClient& http, Clock& clock, Options options);

    Async<Result<Answer>> create_job(model::Job job);
    Async<Result<Answer>> delete_job(model::JobId id, std::string token);
    /// Jobs whose full id contains `query`; all when it is empty.
    Async<Result<model::SortedMap<model::Job>>> jobs(std::string query,
                                                     std::string host_pattern = "");
    Async<Result<std::optional<model::Job>>> job(model::JobId id);
    Async<Result<std::optional<model::JobStatus>>> job_status(model::JobId id);
    Async<Result<model::SortedMap<model::JobStatus>>> job_statuses(std::vector<model::JobId> ids);
    Async<Result<std::vector<model::TaskStatusEvent>>> job_history(model::JobId id);

    Async<Result<std::vector<std::string>>> hosts(std::string name_pattern,
                                                  std::vector<std::string> selectors);
    Async<Result<std::optional<model::HostStatus>>> host_status(std::string host);
    Async<Result<model::SortedMap<model::HostStatus>>> host_statuses(std::vector<std::string> hosts,
                                                                     std::string status = "");

    Async<Result<std::optional<model::Deployment>>> deployment(std::string host, model::JobId id);
    Async<Result<Answer>> deploy(std::string host, model::JobId id, model::Goal goal,
                                 std::string token);
    Async<Result<Answer>> set_goal(std::string host, model::JobId id, model::Goal goal,
                                   std::string token);
    Async<Result<Answer>> undeploy(std::string host, model::JobId id, std::string token);

    Async<Result<std::vector<std::string>>> masters();
    Async<Result<std::string>> version();

private:
    net::HttpClient& http_;
    Clock& clock_;
    Options options_;
};

} // namespace heliosd::client
