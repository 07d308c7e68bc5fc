// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/within.h"
#include "master/view/cluster_mirror.h"
#include "master/writes/cluster_writer.h"
#include "model/version.h"
#include "net/http/router.h"

#include <memory>
#include <string>
#include <vector>

namespace heliosd::master {

/// What an API of its own needs to know besides its services.
struct ApiSettings {
    std::vector<std::string> allowed_capabilities; ///< that jobs may add
};

/// The master's HTTP API (spec/rest-api.md): one table of routes, one method each. Reads come from
/// the mirror; writes go through `ClusterWriter`, and are in the mirror before they are answered.
class Api {
public:
    Api(store::Store& store, ClusterMirror& mirror, Clock& clock, Rng& rng,
        ApiSettings settings = {});

    /// Answers one request: version check, routing, version headers. Never throws, except when
    /// cancelled.
    Async<net::Response> handle(net::Request request, net::Context context);

    /// What every answer carries, also those that are given without asking `handle`: the versions
    /// (spec/rest-api.md §1.7), and what lets pages of other origins read it (§1.9).
    void add_headers(net::Headers const& request, net::Headers& answer) const;

    std::span<net::Route const> routes() const { return router_->routes(); }

private:
    using Response = net::Response;
    using Call = net::Call;
    using Handler = Async<Response> (Api::*)(Call);

    std::vector<net::Route> table();
    model::Compatibility compatibility_of(net::Headers const& request) const;
    net::Route route(std::string method, std::string pattern, net::Verb verb, Handler handler);
    Async<Response> routed(net::Request request, net::Context context);

    // api_jobs.cpp
    Async<Response> list_jobs(Call call);
    Async<Response> create_job(Call call);
    Async<Response> get_job(Call call);
    Async<Response> delete_job(Call call);
    Async<Response> job_status(Call call);
    Async<Response> job_statuses(Call call);
    Async<Response> job_history(Call call);

    // api_deployments.cpp
    Async<Response> get_deployment(Call call);
    Async<Response> deploy(Call call);
    Async<Response> set_goal(Call call);
    Async<Response> undeploy(Call call);

    // api_hosts.cpp
    Async<Response> list_hosts(Call call);
    Async<Response> register_host(Call call);
    Async<Response> deregister_host(Call call);
    Async<Response> host_status(Call call);
    Async<Response> host_statuses(Call call);

    // api_cluster.cpp
    Async<Response> list_masters(Call call);
    Async<Response> get_version(Call call);
    Async<Response> check_version(Call call);

    /// The job as the mirror has it; null when there is none, which is made sure of.
    Async<JobPtr> find_job(std::string id);
    /// Suspends until the mirror may be read; otherwise the answer that says why not.
    Async<std::optional<Response>> not_ready();
    /// A write within its limit, after which the mirror shows what it touched.
    template <class T>
    Async<Result<T>> write(Async<Result<T>> operation, std::vector<std::string> touched) {
        auto outcome = co_await within(clock_, write_limit, std::move(operation));
        if (outcome) co_await mirror_.refresh(std::move(touched));
        co_return outcome;
    }
    /// The 500 for what nobody foresaw, logged under a number.
    Response failure(std::string const& what, Error const& error);

    // Clients give up after ten seconds (spec/rest-api.md §1.1): they should hear why before that.
    static constexpr Duration write_limit = std::chrono::seconds{7};
    static constexpr Duration history_limit = std::chrono::seconds{5};

    store::Store& store_;
    ClusterMirror& mirror_;
    Clock& clock_;
    Rng& rng_;
    ApiSettings settings_;
    ClusterWriter operations_;
    model::PomVersion version_;
    std::unique_ptr<net::Router> router_;
};

/// The job id in the path, or nothing when it is none (404).
std::optional<model::JobId> job_in_path(net::Call const& call);
/// A query parameter; empty when absent.
std::string parameter(net::Call const& call, std::string_view name);
std::optional<std::string> user_of(net::Call const& call);

} // namespace heliosd::master
