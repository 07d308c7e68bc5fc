// SPDX-License-Identifier: Apache-2.0
#include "master/master.h"

#include "base/log.h"

namespace heliosd::master {
namespace {

/// Far above any job, and above a list of 100,000 job ids.
constexpr std::size_t longest_document = 16 * 1024 * 1024;

/// Probes of monitoring systems; few, so that they leave the descriptors to the API.
constexpr std::size_t admin_connections = 64;

} // namespace

Master::Master(Executor executor, store::Store& store, Clock& clock, Rng& rng,
               MasterOptions options)
    : clock_(clock),
      rng_(rng),
      options_(std::move(options)),
      mirror_(executor, store, clock, rng),
      registration_(store, clock, rng, options_.name),
      removals_(executor),
      expired_jobs_(mirror_, removals_, store, clock, rng),
      history_cleaner_(mirror_, removals_, store, clock, rng),
      api_(store, mirror_, removals_, clock, rng,
           {.allowed_capabilities = options_.allowed_capabilities,
            .allowed_origins = options_.cross_site.allowed_origins}),
      admin_(store, mirror_, clock),
      http_server_(
          executor, clock,
          [this](net::Request request, net::Context context) {
              return api_.handle(std::move(request), std::move(context));
          },
          {.limits = {.body_bytes = longest_document},
           .decorate_error = [this](net::Headers const& request,
                                    net::Headers& answer) { api_.add_headers(request, answer); },
           .admit_connection = options_.admit_connection,
           .admit_request =
               [this](std::string_view method, net::Headers const& headers) {
                   return net::refuse_cross_site(options_.cross_site, method, headers);
               },
           .body_limit =
               [this](std::string_view method, std::string_view target) {
                   return api_.body_limit(method, target);
               }}),
      admin_server_(executor, clock,
                    [this](net::Request request, net::Context context) {
                        return admin_.handle(std::move(request), std::move(context));
                    },
                    {.limits = {.body_bytes = 1024, .max_connections = admin_connections}}),
      services_(executor) {
}

Result<> Master::listen() {
    if (listening_) return {};
    auto const http = http_server_.listen(options_.http);
    if (!http) return std::unexpected(in_context("--http", http.error()));
    http_port_ = *http;
    if (options_.admin) {
        auto const admin = admin_server_.listen(*options_.admin);
        if (!admin) return std::unexpected(in_context("--admin", admin.error()));
        admin_port_ = *admin;
    }
    listening_ = true;
    return {};
}

Async<Result<void>> Master::run() {
    CO_TRY(listen());
    log::info("master", "serving name={:?} http={} admin={}", options_.name, http_port_,
              admin_port_);
    co_await services_.scope(body());
    co_return Result<void>{};
}

Async<void> Master::body() {
    services_.spawn_service("registration", [this] { return registration_.run(); }, clock_, rng_);
    services_.spawn_service("mirror", [this] { return mirror_.run(); }, clock_, rng_);
    services_.spawn_service("expired jobs", [this] { return expired_jobs_.run(); }, clock_, rng_);
    services_.spawn_service("history", [this] { return history_cleaner_.run(); }, clock_, rng_);
    if (options_.admin) services_.spawn("admin server", admin_server_.run());
    // The body, not a child: during its grace period the mirror still runs for the requests in
    // progress.
    co_await http_server_.run();
}

} // namespace heliosd::master
