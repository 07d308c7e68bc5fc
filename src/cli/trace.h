// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "net/http/http.h"

#include <functional>
#include <string>

namespace heliosd::cli {

/// Logs each request and its answer, for `-vv`; tokens stay secret.
class TracingHttp final : public net::HttpClient {
public:
    using Log = std::function<void(std::string const& line)>;

    TracingHttp(net::HttpClient& real, Clock& clock, Log log)
        : real_(real), clock_(clock), log_(std::move(log)) {}

    Async<Result<net::FullResponse>> call(net::Endpoint endpoint, net::Request request,
                                          net::CallOptions options = {}) override;
    Async<Result<net::StreamedResponse>> open(net::Endpoint endpoint, net::Request request,
                                              net::CallOptions options = {}) override;

private:
    net::HttpClient& real_;
    Clock& clock_;
    Log log_;
};

/// The target with `***` for the value of a `token` parameter that has one.
std::string without_token(std::string target);

} // namespace heliosd::cli
