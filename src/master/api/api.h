// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/within.h"
#include "master/view/cluster_mirror.h"
#include "master/writes/cluster_writer.h"
#include "master/writes/history_removals.h"
#include "model/version.h"
#include "net/http/router.h"

#include <memory>
#include <string>
#include <vector>

namespace heliosd::master {

/// The settings of `Api`.
struct ApiSettings {
    std::vector<std::string> allowed_capabilities; ///< that jobs may add
    std::vector<std::string> allowed_origins;      ///< of pages that may use the API, lower case
};

/// The master's HTTP API (spec/rest-api.md): one table of routes, one method each. Reads come from
/// the mirror; writes go through `ClusterWriter` and are visible in the mirror when they are
/// answered.
class Api {
public:
    Api(store::Store& store, ClusterMirror& mirror, HistoryRemovals& removals, Clock& clock,
        Rng& rng, ApiSettings settings = {});

    /// Answers one request: version check, routing, version headers. Never throws, except when
    /// cancelled.
    Async<net::Response> handle(net::Request request, net::Context context);

    /// The headers of every answer, also of those that the server gives without calling `handle`:
    /// versions (spec/rest-api.md §1.7) and CORS (§1.9).
    void add_headers(net::Headers const& request, net::Headers& answer) const;

    std::span<net::Route const> routes() const { return router_->routes(); }

    /// The longest body of a request; nothing where only the server's limit counts.
    std::optional<std::uint64_t> body_limit(std::string_view method,
                                            std::string_view target) const {
        return router_->body_limit(method, target);
    }

private:
    using Response = net::Response;
    using Call = net::Call;
    using Handler = Async<Response> (Api::*)(Call);

    std::vector<net::Route> table();
    model::Compatibility compatibility_of(net::Headers const& request) const;
    enum class Source { store, view };
    net::Route route(std::string method, std::string pattern, net::Verb verb, Handler handler,
                     Source source = Source::store);
    /// A read that is answered from the mirror, and says so when that is not current.
    net::Route view_route(std::string method, std::string pattern, Handler handler);
    Async<Response> routed(net::Request request, net::Context context);
    Async<Response> run_route(Handler handler, Source source, Call call);

    // job_routes.cpp
    Async<Response> list_jobs(Call call);
    Async<Response> create_job(Call call);
    Async<Response> get_job(Call call);
    Async<Response> delete_job(Call call);
    Async<Response> job_status(Call call);
    Async<Response> job_statuses(Call call);
    Async<Response> job_history(Call call);

    // deployment_routes.cpp
    Async<Response> get_deployment(Call call);
    Async<Response> deploy(Call call);
    Async<Response> set_goal(Call call);
    Async<Response> undeploy(Call call);

    // host_routes.cpp
    Async<Response> list_hosts(Call call);
    Async<Response> register_host(Call call);
    Async<Response> deregister_host(Call call);
    Async<Response> host_status(Call call);
    Async<Response> host_statuses(Call call);

    // cluster_routes.cpp
    Async<Response> list_masters(Call call);
    Async<Response> get_version(Call call);
    Async<Response> check_version(Call call);

    /// The job as the mirror has it; nothing when there is none. Error: that cannot be confirmed.
    Async<std::expected<JobPtr, Response>> find_job(std::string id, SteadyTime deadline);
    /// Before a 404: the refusal when it cannot be confirmed that the node is absent.
    Async<std::optional<Response>> confirm_absence(std::string path, SteadyTime deadline);

    /// Runs a write, refreshes in the mirror what its multis touched, and waits a moment for the
    /// removal of the histories they marked.
    template <class T>
    Async<Result<T>> write(Async<Result<T>> operation, WriteLogPtr log, SteadyTime deadline) {
        auto const limit = deadline - refresh_reserve - clock_.now();
        auto outcome = co_await within(clock_, limit, std::move(operation));
        if (outcome) co_await follow_up(log, deadline);
        co_return outcome;
    }
    Async<void> follow_up(WriteLogPtr log, SteadyTime deadline);
    /// The answer to an unexpected failure, logged under an id. `log`: of a write.
    Response failure(std::string const& what, Error const& error, WriteLogPtr log = nullptr);

    // Clients give up after ten seconds (spec/rest-api.md §1.1): by then they have the reason.
    static constexpr Duration request_limit = std::chrono::seconds{9};
    static constexpr Duration absence_limit = std::chrono::seconds{8};
    /// What a write leaves of its request's time, for the mirror to show it.
    static constexpr Duration refresh_reserve = std::chrono::seconds{1};

    ClusterMirror& mirror_;
    HistoryRemovals& removals_;
    Clock& clock_;
    Rng& rng_;
    ApiSettings settings_;
    ClusterWriter writer_;
    model::PomVersion version_;
    std::unique_ptr<net::Router> router_;
};

/// The job id in the path, or nothing when it is none (404).
std::optional<model::JobId> job_in_path(net::Call const& call);
/// A query parameter; empty when absent.
std::string parameter(net::Call const& call, std::string_view name);
std::optional<std::string> user_of(net::Call const& call);

} // namespace heliosd::master
