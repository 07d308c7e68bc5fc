// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker/engine.h"
#include "net/http/http.h"

namespace heliosd::docker {

enum class Subject;

/// The endpoint that `--docker` or DOCKER_HOST names: `unix:///path`, or any scheme and
/// `HOST[:PORT]`, by default localhost:2375.
Result<net::Endpoint> parse_docker_endpoint(std::string_view text, std::string_view option);

/// The host part as health checks and people know it: `localhost` for a socket file.
std::string docker_host(net::Endpoint const& endpoint);

/// A Docker daemon behind the HTTP API of its socket. The version of the API is settled at the
/// first call, and again after the daemon was away.
class HttpEngine final : public Engine {
public:
    HttpEngine(net::HttpClient& http, Clock& clock, net::Endpoint endpoint)
        : http_(http), clock_(clock), endpoint_(std::move(endpoint)) {}

    Async<Result<Version>> version() override;
    Async<Result<>> ping() override;
    Async<Result<std::string>> create(ContainerSpec spec) override;
    Async<Result<>> start(std::string id) override;
    Async<Result<>> stop(std::string id, std::chrono::seconds grace) override;
    Async<Result<>> kill(std::string id, std::string signal = "KILL") override;
    Async<Result<>> remove(std::string id, bool force = false) override;
    Async<Result<ContainerInfo>> inspect(std::string id) override;
    Async<Result<std::vector<ContainerSummary>>> list(ListFilter filter = {}) override;
    Async<Result<bool>> has_image(std::string image) override;
    Async<Result<>> pull(std::string image, OnProgress progress = {}) override;
    Async<Result<std::unique_ptr<EventStream>>> events() override;
    Async<Result<std::unique_ptr<LogStream>>> logs(std::string id, LogOptions options) override;

private:
    /// One call below the version's prefix, and its whole answer whatever the status.
    Async<Result<net::FullResponse>> call(std::string method, std::string path,
                                          std::string body = {}, net::CallOptions options = {});
    /// The same for an answer that is read as it comes. Its head is due within 30 s.
    Async<Result<net::StreamedResponse>> open(std::string method, std::string path,
                                              std::optional<Duration> idle_limit);
    /// A call on a container whose success says nothing more: 2xx or 304.
    Async<Result<>> act(Subject subject, std::string method, std::string id, std::string action,
                        net::CallOptions options = {});
    Async<Result<std::string>> prefix();
    Error failure(Error error);

    net::HttpClient& http_;
    Clock& clock_;
    net::Endpoint endpoint_;
    std::optional<std::string> prefix_; ///< nothing: not settled yet
};

} // namespace heliosd::docker
