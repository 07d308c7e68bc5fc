// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/json/json.h"
#include "net/http/http.h"

#include <string>
#include <vector>

namespace heliosd::bench {

/// The master's API for a benchmark: every failure throws.
class Api {
public:
    Api(net::HttpClient& http, Clock& clock, net::Endpoint endpoint)
        : http_(http), clock_(clock), endpoint_(endpoint) {}

    /// Until the API answers and knows an `UP` host; answers its name.
    Async<std::string> host_up(Duration limit);
    /// Answers the full id.
    Async<std::string> create(std::string name, std::string image,
                              std::vector<std::string> command);
    Async<void> deploy(std::string id, std::string host);
    /// Until the job's status on `host` is `RUNNING`; looks every `pause`.
    Async<void> running(std::string id, std::string host, Duration limit, Duration pause);
    /// Undeploys, waits until the agent has stopped it, removes the job.
    Async<void> remove(std::string id, std::string host);

private:
    Async<json::Value> call(std::string method, std::string target, std::string body = "");
    Async<json::Value> status(std::string id, std::string host);

    net::HttpClient& http_;
    Clock& clock_;
    net::Endpoint endpoint_;
};

} // namespace heliosd::bench
