// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/rng.h"
#include "client/attempt.h"
#include "client/options.h"
#include "model/host.h"
#include "net/http/http.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::client {

/// The document with which the master answers a change.
struct Answer {
    json::Object document;
    /// An earlier attempt of the same call may have been carried out, its answer lost.
    bool maybe_repeated = false;

    /// A member of the document, if it is a string.
    std::optional<std::string> text(std::string_view member) const;
    /// The member `status`; `null` when there is none.
    std::string outcome() const { return text("status").value_or("null"); }
};

/// What happened to the tasks of a job (spec/cli.md §11, TaskStatusEvents).
struct History {
    std::vector<model::TaskStatusEvent> events;
    std::string status; ///< `OK`, `JOB_ID_NOT_FOUND`
};

/// The master's HTTP API, one method a call (spec/cli.md §5). One client serves one cluster; the
/// services outlive it. Each call suspends until the answer is there or the time for retries is
/// over. Errors: `Errc::unavailable` when no master could be reached, `Errc::not_found` when there
/// is no such host or path, `Errc::invalid` when the answer is not one that the API promises; the
/// sentence names the URL.
class MasterClient {
public:
    MasterClient(net::HttpClient& http, Clock& clock, Rng& rng, Options options);

    Async<Result<Answer>> create_job(model::Job job);
    Async<Result<Answer>> delete_job(model::JobId id, std::string token);
    /// Jobs whose full id contains `query`; all when it is empty.
    Async<Result<model::SortedMap<model::Job>>> jobs(std::string query,
                                                     std::string host_pattern = "");
    Async<Result<std::optional<model::JobStatus>>> job_status(model::JobId id);
    Async<Result<model::SortedMap<model::JobStatus>>> job_statuses(std::vector<model::JobId> ids);
    Async<Result<History>> job_history(model::JobId id);

    Async<Result<std::vector<std::string>>> hosts(std::string name_pattern = "",
                                                  std::vector<std::string> selectors = {});
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
    /// One attempt of a few seconds: a version is not worth four minutes of retries.
    Async<Result<std::string>> version();

private:
    /// What a call sends, and the statuses whose documents it can read.
    struct Call {
        std::string method;
        std::string path; ///< escaped
        std::vector<std::pair<std::string, std::string>> parameters = {};
        std::string body = {};
        std::vector<int> decoded = {200};
        bool single_attempt = false; ///< of a few seconds
    };
    struct Reply {
        int status = 0;
        std::string body;
        std::string shown;           ///< the whole answer in one line, for messages
        bool maybe_repeated = false; ///< an earlier attempt may have been carried out
    };

    Async<Result<Reply>> exchange(Call call);
    Async<Result<net::FullResponse>> send(Call call, Attempt attempt, SteadyTime last_start);
    Async<Result<Answer>> change(Call call);
    Async<Result<std::optional<json::Value>>> read(Call call);
    Async<Result<json::Value>> read_present(Call call);
    void warn(std::string const& sentence) const;
    void read_notices(net::FullResponse const& response);
    Result<json::Value> document_of(Reply const& reply) const;
    MasterAddress const& next_address();
    std::string target_of(Call const& call) const;

    net::HttpClient& http_;
    Clock& clock_;
    Options options_;
    std::size_t turn_ = 0;
    bool reported_version_ = false, reported_stale_ = false;
};

} // namespace heliosd::client
