// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/json/json.h"
#include "net/http/http.h"

#include <string>
#include <vector>

namespace heliosd::bench {

/// Docker without us: the same calls that a start makes, sent raw. Every failure throws: a
/// benchmark that measures errors is worth nothing.
class RawDocker {
public:
    RawDocker(net::HttpClient& http, net::Endpoint endpoint) : http_(http), endpoint_(endpoint) {}

    /// pull, inspect image, create, start; answers the container's id.
    Async<std::string> run(std::string image, std::vector<std::string> command,
                           std::string restart_policy = "");
    Async<void> remove(std::string id);
    /// Removes every container with this label, or whose name begins with `helios-`.
    Async<void> remove_all();
    /// The raw body of `GET /events` between two moments (seconds since the epoch), one event a
    /// line.
    Async<std::string> events(std::string since, std::string until);

private:
    Async<std::string> call(std::string method, std::string target, std::string body = "");

    net::HttpClient& http_;
    net::Endpoint endpoint_;
};

} // namespace heliosd::bench
