// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/host.h"
#include "net/http/server.h"
#include "net/http/uri.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::test {

/// The small cluster of spec/cli.md §12, and a master's API in front of it: what is created,
/// deployed and removed really changes it.
struct FakeMaster {
    std::map<model::JobId, model::Job> jobs;
    model::SortedMap<model::HostStatus> hosts;
    std::map<model::JobId, std::vector<model::TaskStatusEvent>> histories;
    std::vector<std::string> masters{"master2.example.net", "master1.example.net"};
    /// What was asked: `GET /jobs?user=mia`.
    std::vector<std::string> requests;
    /// When not 0: the status of every answer, with no document.
    int broken = 0;
    /// When given: every answer, from something that is no master.
    std::optional<net::Response> foreign;
    std::string version_status = "EQUAL";
    std::string stale; ///< the header X-Helios-Stale, unless empty

    /// Jobs shop:2.0, shop:2.1 and cron:7; hosts node1 (up) and node2 (down).
    static FakeMaster sample(WallTime now);
    void add_host(std::string const& name, bool up, WallTime now, model::StringMap labels);
    /// Deploys as if long ago, with what the agent said since.
    void put_task(std::string const& host, model::JobId const& id, model::Goal goal,
                  model::TaskStatus status);

    net::Handler handler();

private:
    net::Response answer(net::Request const& request);
    net::Response answer_jobs(net::Request const& request, std::vector<std::string> const& path,
                              net::Query const& query);
    net::Response answer_hosts(net::Request const& request, std::vector<std::string> const& path,
                               net::Query const& query);
    net::Response answer_deployment(net::Request const& request, std::string const& host,
                                    model::JobId const& id);
    model::JobStatus status_of(model::JobId const& id) const;
};

} // namespace heliosd::test
