// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "net/http/http.h"

#include <functional>
#include <string>

namespace heliosd::cli {

/// Tells of each request and its answer, for `-vv`; tokens stay secret.
class TracingHttp final : public net::HttpClient {
public:
    using Say = std::function<void(std::string const& line)>;

    TracingHttp(net::HttpClient& real, Clock& clock, Say say)
        : real_(real), clock_(clock), say_(std::move(say)) {}

    Async<Result<net::FullResponse>> call(net::Endpoint endpoint, net::Request request,
                                          net::CallOptions options = {}) override;
    Async<Result<net::StreamedResponse>> open(net::Endpoint endpoint, net::Request request,
                                              net::CallOptions options = {}) override;

private:
    net::HttpClient& real_;
    Clock& clock_;
    Say say_;
};

/// The target with `***` for the value of a `token` parameter that has one.
std::string without_token(std::string target);

} // namespace heliosd::cli
