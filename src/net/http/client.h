// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/http.h"

#include <memory>

namespace heliosd::net {

class Resolver;

/// HTTP/1.1 over TCP and Unix sockets with a small pool of idle connections for each endpoint. When
/// a pooled connection turns out to be dead, a request that may safely be sent again (GET or HEAD,
/// no byte of a response arrived) is repeated on a new one.
///
/// The personality owns one; the bodies it opened may outlive it.
class RealHttpClient final : public HttpClient {
public:
    struct Options {
        std::size_t idle_connections = 8;               ///< kept for each endpoint
        Duration idle_limit = std::chrono::seconds{30}; ///< kept for this long
        std::size_t max_head = 64 * 1024;
    };

    explicit RealHttpClient(Resolver& resolver) : RealHttpClient(resolver, Options{}) {}
    RealHttpClient(Resolver& resolver, Options options);
    ~RealHttpClient() override;

    Async<Result<FullResponse>> call(Endpoint endpoint, Request request,
                                     CallOptions options = {}) override;
    Async<Result<StreamedResponse>> open(Endpoint endpoint, Request request,
                                         CallOptions options = {}) override;

private:
    struct Pool;
    class Exchange;
    class Source;

    /// Takes or opens a connection, sends the request and reads the head of the response.
    Async<Result<std::unique_ptr<Exchange>>> exchange(Endpoint endpoint, Request request,
                                                      CallOptions options);

    Resolver& resolver_;
    std::shared_ptr<Pool> pool_;
};

} // namespace heliosd::net
