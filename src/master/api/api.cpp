// SPDX-License-Identifier: Apache-2.0
#include "master/api/api.h"

#include "base/log.h"
#include "base/text.h"
#include "master/api/http_documents.h"
#include "net/http/cross_site.h"

#include <algorithm>
#include <exception>

namespace heliosd::master {

using namespace std::chrono_literals;
using model::Compatibility;
using net::Verb;

namespace {

/// How long a read waits for the mirror to load.
constexpr Duration load_limit = 5s;
/// How long a write waits for the view to show it, and for histories to be removed.
constexpr Duration refresh_limit = 2s;
constexpr Duration history_limit = 1s;

/// Of the documents in a request: ZooKeeper keeps 1 MiB, so more is never accepted.
constexpr std::uint64_t longest_document = 2 * 1024 * 1024;

/// CORS (spec/rest-api.md §1.9), for the origins that are allowed.
constexpr std::string_view allowed_methods = "OPTIONS,GET,PUT,POST,PATCH,DELETE,HEAD";
constexpr std::string_view allowed_headers = "X-Requested-With,Content-Type,Accept,Origin";

/// Whether this is a CORS preflight of a request that is allowed.
bool is_allowed_preflight(net::Request const& request) {
    auto const* const method = request.headers.find("Access-Control-Request-Method");
    if (request.method != "OPTIONS" || !request.headers.contains("Origin") || !method) return false;
    auto const methods = text::split(allowed_methods, ',');
    return std::ranges::find(methods, *method) != methods.end();
}

void add_permissions(net::Headers& answer) {
    answer.set("Access-Control-Max-Age", "1800");
    answer.set("Access-Control-Allow-Methods", std::string(allowed_methods));
    answer.set("Access-Control-Allow-Headers", std::string(allowed_headers));
}

} // namespace

Api::Api(store::Store& store, ClusterMirror& mirror, HistoryRemovals& removals, Clock& clock,
         Rng& rng, ApiSettings settings)
    : mirror_(mirror),
      removals_(removals),
      clock_(clock),
      rng_(rng),
      settings_(std::move(settings)),
      writer_(store, clock, rng),
      version_(*model::PomVersion::parse(model::protocol_version)),
      router_(std::make_unique<net::Router>(table())) {
}

net::Route Api::route(std::string method, std::string pattern, Verb verb, Handler handler,
                      Source source) {
    // Not a coroutine: it returns the one of the member function.
    auto run = [this, handler, source](net::Call call) {
        return run_route(handler, source, std::move(call));
    };
    return {std::move(method), std::move(pattern), verb, std::move(run), longest_document};
}

net::Route Api::view_route(std::string method, std::string pattern, Handler handler) {
    return route(std::move(method), std::move(pattern), Verb::read, handler, Source::view);
}

std::vector<net::Route> Api::table() {
    std::vector<net::Route> routes{
        route("GET", "/version", Verb::read, &Api::get_version),
        route("GET", "/version/check", Verb::read, &Api::check_version),
        view_route("GET", "/masters", &Api::list_masters),
        view_route("GET", "/hosts", &Api::list_hosts),
        route("PUT", "/hosts/{host}", Verb::admin, &Api::register_host),
        route("DELETE", "/hosts/{host}", Verb::admin, &Api::deregister_host),
        view_route("GET", "/hosts/{host}/status", &Api::host_status),
        view_route("GET", "/hosts/{host}/jobs/{job}", &Api::get_deployment),
        route("PUT", "/hosts/{host}/jobs/{job}", Verb::write, &Api::deploy),
        route("PATCH", "/hosts/{host}/jobs/{job}", Verb::write, &Api::set_goal),
        route("DELETE", "/hosts/{host}/jobs/{job}", Verb::write, &Api::undeploy),
        view_route("GET", "/jobs", &Api::list_jobs),
        route("POST", "/jobs", Verb::write, &Api::create_job),
        view_route("GET", "/jobs/{job}", &Api::get_job),
        route("DELETE", "/jobs/{job}", Verb::write, &Api::delete_job),
        view_route("GET", "/jobs/{job}/status", &Api::job_status),
        route("GET", "/history/jobs/{job}", Verb::read, &Api::job_history),
    };
    // Lists of names, which may be very long.
    for (auto list : {view_route("POST", "/hosts/statuses", &Api::host_statuses),
                      view_route("POST", "/jobs/statuses", &Api::job_statuses)}) {
        list.max_body.reset();
        routes.push_back(std::move(list));
    }
    return routes;
}

Compatibility Api::compatibility_of(net::Headers const& request) const {
    auto const* const client = request.find("Helios-Version");
    if (!client || client->empty()) return Compatibility::missing;
    return model::compare_versions(*client, version_);
}

void Api::add_headers(net::Headers const& request, net::Headers& answer) const {
    // Spelt exactly so: the Java client looks them up with case.
    answer.set("Helios-Server-Version", version_.to_string());
    answer.set("Helios-Version-Status", std::string(model::to_string(compatibility_of(request))));
    auto const* const origin = request.find("Origin");
    if (!origin || !net::is_allowed_origin(settings_.allowed_origins, *origin)) return;
    answer.set("Access-Control-Allow-Origin", *origin);
    answer.add("Vary", "Origin");
    answer.set("Access-Control-Allow-Credentials", "true");
    answer.set("Access-Control-Expose-Headers", "");
}

Async<net::Response> Api::handle(net::Request request, net::Context context) {
    auto const compatibility = compatibility_of(request.headers);
    bool const preflight = is_allowed_preflight(request);
    auto const headers = request.headers;
    auto const limit = clock_.now() + request_limit;
    bool const unlimited = context.deadline == SteadyTime{};
    context.deadline = unlimited ? limit : std::min(context.deadline, limit);

    Response response;
    if (compatibility == Compatibility::invalid) {
        response = message(400, "Helios client version format is bogus - expect n.n.n");
    } else if (compatibility == Compatibility::incompatible) {
        response = message(426, "Your client version is incompatible with the server version " +
                                    version_.to_string());
    } else {
        response = co_await routed(std::move(request), std::move(context));
    }
    add_headers(headers, response.headers);
    bool const named = response.headers.contains("Access-Control-Allow-Origin");
    if (preflight && named) add_permissions(response.headers);
    co_return response;
}

Async<net::Response> Api::routed(net::Request request, net::Context context) {
    // Without the query: it may hold a token, and this goes to the log.
    auto const what = request.method + " " + request.target.substr(0, request.target.find('?'));
    std::exception_ptr thrown;
    try {
        co_return co_await (*router_)(std::move(request), std::move(context));
    } catch (...) {
        thrown = std::current_exception();
    }
    co_await throw_if_cancelled();
    co_return failure(what, {Errc::invalid, message_of(thrown)});
}

Async<net::Response> Api::run_route(Handler handler, Source source, Call call) {
    auto const& method = call.request.method;
    std::string_view const type = handler == &Api::get_version ? "text/plain" : "application/json";
    bool const negotiates = method == "GET" || method == "POST";
    if (negotiates && !accepts(call.request.headers, type))
        co_return refusal(406, "the Accept header must admit application/json; /version, "
                               "text/plain");
    if (source == Source::store) co_return co_await (this->*handler)(std::move(call));

    bool const loaded = co_await mirror_.wait_loaded(load_limit);
    if (!loaded) {
        co_return message(500, "this master has not read the state of the cluster from ZooKeeper "
                               "yet; see that ZooKeeper can be reached, then try again");
    }
    auto response = co_await (this->*handler)(std::move(call));
    if (auto const since = mirror_.freshness().stale_since) {
        auto const age = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - *since);
        response.headers.set("X-Helios-Stale", std::to_string(age.count()));
    }
    co_return response;
}

Async<std::optional<net::Response>> Api::confirm_absence(std::string path, SteadyTime deadline) {
    auto const until = std::min(deadline, clock_.now() + absence_limit);
    bool const confirmed = co_await mirror_.confirm_absence(path, until);
    if (confirmed) co_return std::nullopt;
    co_return message(503, fmt::format("this master knows of no {}, but ZooKeeper does not confirm "
                                       "that there is none; try again",
                                       path));
}

Async<void> Api::follow_up(WriteLogPtr log, SteadyTime deadline) {
    auto histories = marked_histories(log->ops);
    for (auto const& path : histories) removals_.add(path);
    auto const left = [&] { return deadline - clock_.now(); };
    co_await mirror_.refresh(paths_touched_by(log->ops), std::min(left(), refresh_limit));
    // The worker goes on if that takes longer.
    auto wait = removals_.until_done(std::move(histories));
    co_await within(clock_, std::min(left(), history_limit), std::move(wait));
}

net::Response Api::failure(std::string const& what, Error const& error, WriteLogPtr log) {
    auto const id = fmt::format("{:016x}", rng_());
    log::error("master", "could not answer {:?} (ID {}): {}", what, id, error.message);
    auto const logged = fmt::format("It has been logged (ID {}).", id);
    auto const& code = error.code;
    if (code == store::StoreErrc::too_large)
        return message(400, "the document is too large for ZooKeeper: " + error.message);
    bool const silent = code == store::StoreErrc::outcome_unknown || code == Errc::timed_out;
    if (silent && log && log->was_sent()) {
        return message(500, "ZooKeeper did not answer in time, so the change may or may not have "
                            "been made; look before you try again. " +
                                logged);
    }
    if (silent || code == store::StoreErrc::unavailable) {
        return message(500, fmt::format("ZooKeeper {}, so nothing was changed; try again later. {}",
                                        silent ? "did not answer in time" : "cannot be reached",
                                        logged));
    }
    return message(500, "There was an error processing your request. " + logged);
}

std::optional<model::JobId> job_in_path(net::Call const& call) {
    auto id = model::JobId::parse(call.parameter("job"));
    if (!id) return std::nullopt;
    return std::move(*id);
}

std::string parameter(net::Call const& call, std::string_view name) {
    auto const* const value = call.query.find(name);
    return value ? *value : std::string();
}

std::optional<std::string> user_of(net::Call const& call) {
    auto const* const user = call.query.find("user");
    return user ? std::optional(*user) : std::nullopt;
}

} // namespace heliosd::master
