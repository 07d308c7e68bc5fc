// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/server.h"

#include <map>

namespace heliosd::net {

/// A network in memory: calls go straight to the handler registered for their endpoint. With it
/// whole clusters talk to each other on a virtual clock. It must outlive the calls in progress.
class InProcessHttp final : public HttpClient {
public:
    explicit InProcessHttp(Clock& clock) : clock_(clock) {}

    /// From now on `handler` answers at `endpoint`.
    void serve(Endpoint const& endpoint, Handler handler);
    /// Nobody listens at `endpoint` any more: connecting fails as `unavailable`.
    void stop(Endpoint const& endpoint);
    /// Every call to `endpoint` meets this, once it has reached the handler: `Errc::closed` when
    /// the answer gets lost, or `Errc::timed_out` when nothing is ever heard. Success heals it.
    void lose_answers(Endpoint const& endpoint, std::error_code how);
    /// How long a call is under way before it reaches its handler.
    void set_delay(Duration delay) { delay_ = delay; }

    Async<Result<FullResponse>> call(Endpoint endpoint, Request request,
                                     CallOptions options = {}) override;
    Async<Result<StreamedResponse>> open(Endpoint endpoint, Request request,
                                         CallOptions options = {}) override;

private:
    struct Place {
        Handler handler;
        std::error_code lost;
    };

    Async<Result<Response>> answer(Endpoint endpoint, Request request, CallOptions options);

    Clock& clock_;
    Duration delay_{};
    std::map<std::string, Place> places_; ///< by the endpoint's text
};

} // namespace heliosd::net
