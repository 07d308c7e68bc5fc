// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/server.h"

#include <map>

namespace heliosd::net {

/// An in-memory transport: calls go to the handler registered for their endpoint, so that whole
/// clusters run on a virtual clock. It must outlive the calls in progress.
class InProcessHttp final : public HttpClient {
public:
    explicit InProcessHttp(Clock& clock) : clock_(clock) {}

    /// Registers `handler` for `endpoint`.
    void serve(Endpoint const& endpoint, Handler handler);
    /// Removes the handler: connecting to `endpoint` then fails as `unavailable`.
    void stop(Endpoint const& endpoint);
    /// Every call to `endpoint` fails like this after it has reached the handler: `Errc::closed`
    /// for a broken connection, `Errc::timed_out` for a response that never arrives. A success
    /// code ends it.
    void lose_answers(Endpoint const& endpoint, std::error_code how);
    /// The time before a call reaches its handler.
    void set_delay(Duration delay) { delay_ = delay; }

    Async<Result<FullResponse>> call(Endpoint endpoint, Request request,
                                     CallOptions options = {}) override;
    Async<Result<StreamedResponse>> open(Endpoint endpoint, Request request,
                                         CallOptions options = {}) override;

private:
    struct Service {
        Handler handler;
        std::error_code lost;
    };

    Async<Result<Response>> answer(Endpoint endpoint, Request request, CallOptions options);

    Clock& clock_;
    Duration delay_{};
    std::map<std::string, Service> services_; ///< by the endpoint's text
};

} // namespace heliosd::net
